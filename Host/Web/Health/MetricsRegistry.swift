import Synchronization

/// The host's figures as Prometheus text (exposition format 0.0.4). Thread-safe.
///
/// A module counts for itself and gives closures that read its counters, so that counting costs nothing here. Labels
/// hold fixed words (a stage, a plugin's id), never anything that a student sends.
package final class MetricsRegistry: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge
    }

    /// One series: its labels and its value.
    package struct Sample: Sendable {
        package var labels: [(name: String, value: String)]
        package var value: Double

        package init(_ value: Double, labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }
    }

    private struct Family: Sendable {
        let name: String
        let kind: Kind
        let help: String
        let read: @Sendable () -> [Sample]
    }

    private let families: Mutex<[Family]>

    package init() { families = Mutex([]) }

    /// Adds a family. A counter's name ends in `_total`; units are spelled out (`_seconds`, `_bytes`).
    package func add(_ kind: Kind, _ name: String, _ help: String, _ read: @escaping @Sendable () -> [Sample]) {
        families.withLock { $0.append(Family(name: name, kind: kind, help: help, read: read)) }
    }

    package func add(_ kind: Kind, _ name: String, _ help: String, value: @escaping @Sendable () -> Double) {
        add(kind, name, help) { [Sample(value())] }
    }

    /// All families, by name.
    package func text() -> String {
        var text = ""
        for family in families.withLock({ $0 }).sorted(by: { $0.name < $1.name }) {
            text += "# HELP \(family.name) \(Self.escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.read() { text += Self.line(family.name, sample) }
        }
        return text
    }

    private static func line(_ name: String, _ sample: Sample) -> String {
        let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        let value = Int64(exactly: sample.value).map { "\($0)" } ?? "\(sample.value)"
        return labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.append(character)
            }
        }
        return result
    }
}
