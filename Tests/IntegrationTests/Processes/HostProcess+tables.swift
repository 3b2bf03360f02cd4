import Foundation
import Testing

extension HostProcess {
    /// All rows of a table, `PLUGIN/TABLE`, as the texts of their cells by column.
    func allRows(of table: String) throws -> [[String: String]] {
        var rows: [[String: String]] = []
        var path: String? = "/api/v1/tables/\(table)?limit=1000"
        while let next = path {
            let page = try object(next)
            for row in page["rows"] as? [[String: Any]] ?? [] { rows.append(JSONRow.cells(of: row)) }
            path = page["next"] as? String
        }
        return rows
    }

    /// Expects the rows of all tables of a fold, as soon as the last checkpoint is stored.
    func expectTables(equal folded: Folded, seconds: Double = 20) throws {
        let tables = try folded.tables()
        #expect(tables.count > 10)
        for name in tables {
            let dot = name.firstIndex(of: ".")!
            let path = "\(name[..<dot])/\(name[name.index(after: dot)...])"
            let expected = Self.sorted(try folded.rows(of: name))
            #expect(try eventually(seconds: seconds) { Self.sorted(try allRows(of: path)) == expected }, "\(name)")
        }
    }

    private static func sorted(_ rows: [[String: String]]) -> [String] {
        rows.map { row in row.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") }
            .sorted()
    }
}
