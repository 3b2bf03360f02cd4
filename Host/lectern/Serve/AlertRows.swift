import PluginHost
import Rules
import Settings

/// What an alert rule finds in the rows of a table. Not thread-safe.
struct AlertRows {
    let table: TableID
    private let condition: AlertCondition

    init(_ rule: AlertRule, _ table: TableID) {
        self.table = table
        condition = AlertCondition(rule)
    }

    /// The rows for which the condition holds; nil if the table lacks a column.
    func sights(_ snapshot: TableSnapshot) -> [AlertBoard.Sight]? {
        let columns = snapshot.columns.map(\.name)
        let places = condition.names.compactMap(columns.firstIndex)
        guard places.count == condition.names.count else { return nil }
        let keys = snapshot.columns.indices.filter { snapshot.columns[$0].isKey }
        return snapshot.rows.compactMap { row in
            guard condition.holds(places.map { row[$0].scalar }) else { return nil }
            return AlertBoard.Sight(
                key: keys.map { "\(columns[$0]):\(row[$0].words)" }.joined(separator: ","),
                value: places.map { "\(columns[$0]) \(row[$0].words)" }.joined(separator: ", "))
        }
    }
}

extension Cell {
    /// For conditions; a time is its microseconds since 1970 UTC.
    fileprivate var scalar: SettingsScalar? {
        switch self {
        case .null: nil
        case .text(let text): .text(text)
        case .integer(let value), .time(let value): .integer(value)
        case .number(let value): .number(value)
        case .boolean(let value): .boolean(value)
        }
    }

    fileprivate var words: String {
        switch self {
        case .null: "null"
        case .text(let text): text
        case .integer(let value): "\(value)"
        case .time(let value): JSONOutput.time(value)
        case .number(let value): "\((value * 1000).rounded() / 1000)"
        case .boolean(let value): "\(value)"
        }
    }
}
