import PluginHost
import Records

/// Looks up in a table of this host: a row's columns are the members.
final class TableSource: LookupSource {
    private let table: TableID
    private let tables: OwnTables?
    private let wallClock: @Sendable () -> Int64

    /// - Parameter wallClock: microseconds since 1970 UTC.
    init(_ table: TableID, _ tables: OwnTables?, wallClock: @escaping @Sendable () -> Int64) {
        self.table = table
        self.tables = tables
        self.wallClock = wallClock
    }

    func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]? {
        guard let tables else { throw .refused("this host shows no tables") }
        let (found, columns) = try tables.row(of: table, question.parts)
        guard let found else { return nil }
        if let within = question.enricher.within, let window = found.window, window <= wallClock() - within {
            return nil
        }
        var members: [String: JSONTree] = [:]
        for (column, cell) in zip(columns, found.cells) { members[column.name] = JSONTree(cell) }
        return members
    }
}

extension JSONTree {
    fileprivate init(_ cell: Cell) {
        switch cell {
        case .null: self = .null
        case .text(let text): self = .text(text)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .boolean(let value): self = .boolean(value)
        case .time(let time):
            var bytes = Bytes()
            bytes.appendJSON(microseconds: time)
            self = .text(String(bytes.string.dropFirst().dropLast()))
        }
    }
}
