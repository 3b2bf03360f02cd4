import Foundation
import Testing

/// A database of PostgreSQL for hosts' tables, with a server of its own.
final class WarehouseDatabase {
    let server: PostgreSQLServer

    init() throws {
        server = try PostgreSQLServer()
        try server.rows("CREATE ROLE lectern LOGIN CREATEROLE")
        try server.rows("CREATE DATABASE lectern OWNER lectern")
    }

    /// What a host needs to keep its tables there.
    var settings: [String] {
        [
            "warehouse.type=postgresql", "warehouse.retry=200ms", "warehouse.postgresql.host=\(server.socketFolder)",
            "warehouse.postgresql.port=\(server.port)", "warehouse.postgresql.database=lectern",
            "warehouse.postgresql.user=lectern",
        ]
    }

    /// What a statement gives, as `PostgreSQLServer.rows`.
    func rows(_ sql: String, as user: String = "lectern") throws -> [[String?]] {
        try server.rows(sql, database: "lectern", user: user)
    }

    /// The tables of a fold that do not hold here, row for row, what the fold made.
    func differences(from folded: Folded) throws -> [String] {
        let tables = try folded.tables()
        #expect(tables.count > 10)
        return try tables.filter { name in
            let dot = name.firstIndex(of: ".")!
            let schema = name[..<dot].replacingOccurrences(of: "-", with: "_")
            let table = String(name[name.index(after: dot)...])
            let expected = try lines(of: "\(folded.folder.path)/tables/\(name).jsonl").map(Self.row).sorted()
            let found = try rows("SELECT to_json(t) FROM \(schema).\"\(table)\" t").map { try Self.row($0[0] ?? "") }
            return found.sorted() != expected
        }
    }

    /// A row's cells, by name; times without regard to how they are written.
    private static func row(_ json: String) throws -> String {
        try JSONRow.object(json).map { name, value -> String in
            guard let text = value as? String, let time = Self.time(text) else { return "\(name): \(value)" }
            return "\(name): \(time)"
        }.sorted().joined(separator: ", ")
    }

    /// Of RFC 3339, in UTC: the text with six digits of a second's fraction.
    private static func time(_ text: String) -> String? {
        guard let match = text.wholeMatch(of: /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)/)
        else {
            return nil
        }
        let fraction = match.2.map(String.init) ?? ""
        return "\(match.1).\(fraction)\(String(repeating: "0", count: 6 - fraction.count))"
    }
}
