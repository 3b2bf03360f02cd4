import CPluginAPI
import Ingest
import Records
import Reduction
import Rules

/// Filter rules tried on events, without plugins. Not thread-safe.
final class FilterTrial {
    private struct Line: Encodable {
        let rule: String
        let action: String
        let matched: UInt64
        let blocked: UInt64
        let unknown: UInt64
        let errors: UInt64
        /// The first event that it matched: its line, and what the rule left on it, as a JSON merge patch.
        var line: UInt64?
        var leaves: String?
    }

    private let program: FilterProgram
    private let extractor = FieldExtractor()
    private var firsts: [Int: (line: UInt64, patch: String)] = [:]

    /// Whether a path is that of a file of filter rules.
    static func isOne(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

    /// - Throws: `SettingsError`, with each mistake and its place.
    init(_ file: String) throws {
        let extractor = extractor
        program = FilterProgram(try FilterRules(file: file)) { extractor.add($0) }
    }

    /// Asks the rules about each event of a file. What servers and sessions set is not in it.
    func run(_ input: String, _ configuration: IngestConfiguration) throws {
        let envelope = EnvelopeReader(extractor, actors: configuration.actorFields)
        let row = UnsafeMutablePointer<lectern_value>.allocate(capacity: max(extractor.count, 1))
        defer { row.deallocate() }
        row.initialize(repeating: lectern_value(), count: extractor.count)
        var asked: [String: [Int32]] = [:]
        let reader = try LineReader(input, limit: configuration.eventBytes)
        try reader.forEach { line in
            guard extractor.extract(line, into: row) == nil, let type = envelope.type(of: row) else { return true }
            let name = String(decoding: type, as: UTF8.self)
            let rules = asked[name] ?? program.rules(ofType: name)
            if asked.count < 10_000 { asked[name] = rules }
            let before = program.counts
            _ = program.run(row, rules)
            for index in before.indices
            where firsts[index] == nil && program.counts[index].matched > before[index].matched {
                let isBlocking = program.rules.rules[index].action == .block
                let patch = isBlocking ? "" : program.patch(of: index, row)
                firsts[index] = (reader.lines, patch)
            }
            return true
        } moving: {
            program.reset()
            extractor.reset()
        }
    }

    private var lines: [Line] {
        zip(program.rules.rules, program.counts).enumerated().map { index, rule in
            let (rule, counts) = rule
            let first = firsts[index]
            return Line(
                rule: rule.name, action: rule.action.rawValue, matched: counts.matched, blocked: counts.blocked,
                unknown: counts.unknown, errors: counts.errors, line: first?.line,
                leaves: first.flatMap { $0.patch.isEmpty ? nil : $0.patch })
        }
    }

    func json() throws -> [String] { try lines.map { try JSONOutput.line($0) } }

    var table: TextTable {
        var table = TextTable("RULE", "ACTION", "MATCHED", "BLOCKED", "UNKNOWN", "ERRORS", "FIRST LINE", "LEAVES THERE")
        for line in lines {
            table.add(
                line.rule, line.action, "\(line.matched)", "\(line.blocked)", "\(line.unknown)", "\(line.errors)",
                line.line.map { "\($0)" } ?? "-", line.leaves ?? "-")
        }
        return table
    }
}
