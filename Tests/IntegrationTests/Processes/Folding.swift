import Foundation

/// `lectern fold` of files, and what came out.
struct Folding {
    var inputs: [String] = []
    /// A host's data folder, whose log is folded instead.
    var log: String?
    var settings: [String] = []
    var plugins = Installation.plugins
    var shards = 1
    var batch = 64
    /// After so many events everything is thrown away and restored from the last checkpoint.
    var restarts: [Int] = []

    func callAsFunction() throws -> Folded {
        let folder = try TemporaryFolder()
        var arguments = ["fold"] + inputs
        if let log { arguments += ["--log", log] }
        arguments += [
            "--plugins", plugins, "--out", folder.path, "--json", "--shards", "\(shards)", "--batch", "\(batch)",
        ]
        for setting in settings { arguments += ["--set", setting] }
        if !restarts.isEmpty { arguments += ["--restart-at"] + restarts.map(String.init) }
        let summary = try run(Installation.lectern, arguments)
        return Folded(summary: try JSONDecoder().decode(Folded.Summary.self, from: Data(summary.utf8)), folder: folder)
    }

    /// One SHA-256 if the way of folding does not matter: every number of shards with every size of a batch.
    func checksumsOfAllWays(restarts: (_ way: Int) -> [Int] = { _ in [] }) throws -> Set<String> {
        var found: Set<String> = []
        for (index, way) in [1, 2, 8].flatMap({ shards in [1, 7, 512].map { (shards, $0) } }).enumerated() {
            var folding = self
            (folding.shards, folding.batch) = way
            folding.restarts = restarts(index)
            found.insert(try folding().summary.sha256)
        }
        return found
    }
}

struct Folded {
    struct Summary: Decodable {
        var events: Int
        var duplicates: Int
        var conflicts: Int
        var late: Int
        var deadLetters: Int
        var states: Int
        var checkpoints: Int
        var sha256: String
    }

    let summary: Summary
    let folder: TemporaryFolder

    /// The lines of `states.jsonl`.
    func states() throws -> [String] { try lines(of: "\(folder.path)/states.jsonl") }

    /// The states of each component, as `KEY STATE` with keys as a host shows them.
    func statesByComponent() throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        for line in try states() {
            guard let middle = line.range(of: ",\"state\":"),
                let head = try? JSONRow.object(line[..<middle.lowerBound] + "}"),
                let component = head["component"] as? String, let key = head["key"] as? [String: Any]
            else { throw Failure("no state in \(line)") }
            found[component, default: []].append("\(StateKeyText.of(key)) \(line[middle.upperBound...].dropLast())")
        }
        return found
    }

    /// The names of its tables, `PLUGIN.TABLE`.
    func tables() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/tables")
            .map { $0.replacingOccurrences(of: ".jsonl", with: "") }
    }

    /// The rows of a table, `PLUGIN.TABLE`: the texts of their cells by column.
    func rows(of table: String) throws -> [[String: String]] {
        try lines(of: "\(folder.path)/tables/\(table).jsonl").map { try JSONRow.cells(of: $0) }
    }

    /// The numbers of the lines that went to the dead letters.
    func deadLetters() throws -> [[String: String]] {
        try lines(of: "\(folder.path)/dead-letters.jsonl").map { try JSONRow.cells(of: $0) }
    }
}

/// A JSON object whose values are texts and numbers.
enum JSONRow {
    static func object(_ line: String) throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw Failure("expected a JSON object, found \(line)")
        }
        return object
    }

    static func cells(of line: String) throws -> [String: String] { cells(of: try object(line)) }

    static func cells(of row: [String: Any]) -> [String: String] { row.mapValues { $0 is NSNull ? "" : "\($0)" } }
}
