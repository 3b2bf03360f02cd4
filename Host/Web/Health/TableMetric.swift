package import PluginHost
import Synchronization

/// A figure that is made of the rows of a plugin's table.
package struct TableMetric: Sendable, Equatable {
    /// The row's cell in the column reads so.
    package struct Condition: Sendable, Equatable {
        package var column: String
        package var value: String
    }

    package enum Divisor: Sendable, Equatable {
        case one
        /// The same measure of all rows.
        case all
        /// The sum of a column.
        case sum(String)
    }

    package var name: String
    package var help: String
    package var table: TableID
    /// A count, a sum or a number of different values.
    package var measure: Measure
    package var conditions: [Condition] = []
    package var divisor = Divisor.one
    /// The column whose values are the series.
    package var by: String?

    var kind: MetricFamily.Kind { name.hasSuffix("_total") ? .counter : .gauge }

    /// The columns that it needs.
    package var columns: [String] {
        var columns = conditions.map(\.column) + [measure.column, by].compactMap { $0 }
        if case .sum(let column) = divisor { columns.append(column) }
        return columns
    }

    /// Its series in the order of their labels, at most `limit` and one that holds all others. Empty where nothing is to be
    /// divided by, and if the table lacks a column.
    package func samples(of snapshot: TableSnapshot, limit: Int) -> [MetricFamily.Sample] {
        let indices = Dictionary(
            snapshot.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        guard columns.allSatisfy({ indices[$0] != nil }) else { return [] }
        let tests = conditions.map { (column: indices[$0.column]!, value: $0.value) }
        let column = measure.column.map { indices[$0]! }
        let groupColumn = by.map { indices[$0]! }
        let perColumn: Int? = if case .sum(let name) = divisor { indices[name]! } else { nil }
        func group(_ row: [Cell]) -> String { groupColumn.map { Self.text(row[$0]) } ?? "" }

        var shown: Set<String>?
        if groupColumn != nil {
            let names = Set(snapshot.rows.map(group))
            if names.count > limit { shown = Set(names.sorted().prefix(limit)) }
        }
        var places: [String: Int] = [:]
        var parts: [(name: String, of: MeasureAccumulator, all: MeasureAccumulator)] = []
        for row in snapshot.rows {
            var name = group(row)
            if let shown, !shown.contains(name) { name = "other" }
            let place = places[name] ?? parts.count
            if place == parts.count {
                places[name] = place
                let function = perColumn == nil ? measure.function : .sum
                parts.append((name, MeasureAccumulator(measure.function), MeasureAccumulator(function)))
            }
            let cell = column.map { row[$0] }
            if tests.allSatisfy({ Self.text(row[$0.column]) == $0.value }) { parts[place].of.add(cell) }
            if divisor != .one { parts[place].all.add(perColumn.map { row[$0] } ?? cell) }
        }
        // Of no rows, the number and the sum are 0.
        if parts.isEmpty, groupColumn == nil, divisor == .one { return [MetricFamily.Sample(0)] }
        return parts.sorted { $0.name < $1.name }.compactMap { part in
            var value = part.of.result.number ?? 0
            if divisor != .one {
                let all = part.all.result.number ?? 0
                guard all != 0 else { return nil }
                value /= all
            }
            return MetricFamily.Sample(value, labels: by.map { [(Self.label($0), part.name)] } ?? [])
        }
    }

    /// A cell as settings and labels spell it; times in microseconds.
    private static func text(_ cell: Cell) -> String {
        switch cell {
        case .null: ""
        case .text(let text): text
        case .boolean(let value): "\(value)"
        case .integer(let value), .time(let value): "\(value)"
        case .number(let value): "\(value)"
        }
    }

    /// A column's name as that of a label.
    private static func label(_ column: String) -> String {
        let spelled = String(column.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return spelled.first?.isNumber == true ? "_\(spelled)" : spelled
    }
}

extension MetricsRegistry {
    /// Adds the figures that the settings make of tables. A table is read when somebody asks for the metrics, and only
    /// if it has changed.
    package func add(_ configuration: MetricsConfiguration, of tables: any TableReading) {
        for metric in configuration.tables {
            let last = LastSamples()
            add(metric.kind, metric.name, metric.help) {
                guard let snapshot = await tables.snapshot(of: metric.table) else { return [] }
                return last.samples(of: snapshot.version) { metric.samples(of: snapshot, limit: configuration.series) }
            }
        }
    }
}

/// Made once for each version of a table.
private final class LastSamples: Sendable {
    private let last = Mutex<(version: UInt64, samples: [MetricFamily.Sample])?>(nil)

    func samples(of version: UInt64, _ make: () -> [MetricFamily.Sample]) -> [MetricFamily.Sample] {
        if let last = last.withLock({ $0 }), last.version == version { return last.samples }
        let samples = make()
        last.withLock { $0 = (version, samples) }
        return samples
    }
}
