/// A figure at one moment, with all of its series.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// One series: its labels and its value.
    package struct Sample: Sendable {
        package var labels: [(name: String, value: String)]
        package var value: Double
        /// What follows the family's name: `_bucket`, `_sum` and `_count` of a histogram.
        package var suffix = ""

        package init(_ value: Double, labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }
    }

    package var name: String
    package var kind: Kind
    package var help: String
    package var samples: [Sample]
}

extension MetricFamily {
    /// What names that end so are measured in.
    private static let units = ["seconds", "bytes", "ratio"]

    func write(_ format: MetricsFormat, to text: inout String) {
        // In OpenMetrics a counter's family is named without the ending of its one series.
        let family =
            format == .openMetrics && kind == .counter && name.hasSuffix("_total") ? name.dropLast(6) : name[...]
        text += "# HELP \(family) \(Self.escaped(help, quotes: format == .openMetrics))\n"
        text += "# TYPE \(family) \(kind.rawValue)\n"
        if format == .openMetrics, let unit = Self.units.first(where: { family.hasSuffix("_\($0)") }) {
            text += "# UNIT \(family) \(unit)\n"
        }
        for sample in samples { write(sample, to: &text) }
    }

    private func write(_ sample: Sample, to text: inout String) {
        text += name
        text += sample.suffix
        if !sample.labels.isEmpty {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
            text += "{\(labels.joined(separator: ","))}"
        }
        text += " \(Self.number(sample.value))\n"
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        // Not by characters: a line feed behind a carriage return is no character of its own.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
