import Foundation

/// What a fold came to.
public struct Folded: Sendable {
    public let events: Int
    public let duplicates: Int
    /// The merged states, a line of canonical JSON each, sorted.
    public let states: [String]
    /// The SHA-256 of all states.
    public let sha256: String
    public let deadLetters: [DeadLetter]
    /// The rows of each table, a line of JSON each.
    public let tables: [String: [String]]

    /// An event or line that was refused.
    public struct DeadLetter: Sendable, Decodable, Hashable {
        public let stage: String
        public let reason: String
        /// What arrived, if it is text.
        public let text: String?
    }

    private struct Summary: Decodable {
        let events: Int
        let duplicates: Int
        let sha256: String
    }

    init(summary: Data, folder: URL) throws {
        func lines(_ path: String) throws -> [String] {
            let text = String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
            return text.split(separator: "\n").map(String.init)
        }
        let summary = try JSONDecoder().decode(Summary.self, from: summary)
        events = summary.events
        duplicates = summary.duplicates
        sha256 = summary.sha256
        states = try lines("states.jsonl")
        deadLetters = try lines("dead-letters.jsonl").map {
            try JSONDecoder().decode(DeadLetter.self, from: Data($0.utf8))
        }
        var tables: [String: [String]] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "tables").path) {
            // PLUGIN.TABLE.jsonl, of one plugin.
            tables[file.split(separator: ".").dropFirst().first.map(String.init) ?? file] = try lines("tables/\(file)")
        }
        self.tables = tables
    }

    /// The rows of a table as values of your own type, by the columns' names.
    public func rows<Row: Decodable>(of table: String, as type: Row.Type = Row.self) throws -> [Row] {
        guard let lines = tables[table] else {
            throw PluginTestError("there is no table \(table), only \(tables.keys.sorted().joined(separator: ", "))")
        }
        return try lines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }

    /// The first difference in what must be the same however it is folded.
    func difference(from other: Folded) -> String? {
        if events != other.events { return "\(events) events, not \(other.events)" }
        if sha256 != other.sha256 {
            let line = zip(states, other.states).first { $0 != $1 }
            return "states differ (SHA-256 \(sha256), not \(other.sha256))" + (line.map { ": \($0), not \($1)" } ?? "")
        }
        for (table, lines) in tables.sorted(by: { $0.key < $1.key }) where lines != other.tables[table] {
            return "table \(table) differs"
        }
        // What is folded again after a restart is refused again.
        let letters = Set(deadLetters), others = Set(other.deadLetters)
        return letters.symmetricDifference(others).first.map { "dead letters differ: \($0)" }
    }
}
