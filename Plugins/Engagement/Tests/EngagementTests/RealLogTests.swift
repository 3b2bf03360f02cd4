import Foundation
import PluginTesting
import Testing

/// Real logs and what edX's own reports make of them, which lie beside the repository.
enum RealData {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../../shared/data/edx-engagement").standardizedFileURL

    /// Whether the test can run: it needs the data, a `lectern`, and the plugin edx-tracking in LECTERN_PLUGINS or in
    /// LECTERN_DIST.
    static var isExpected: Bool {
        let environment = ProcessInfo.processInfo.environment
        if environment["CI"] == "true" { return true }
        return FileManager.default.fileExists(atPath: folder.path) && Lectern.path != nil
            && (environment["LECTERN_PLUGINS"] ?? environment["LECTERN_DIST"]) != nil
    }

    static func lines(_ path: String) throws -> [String] {
        String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    }

    /// The rows of edX's reports: the period, and then the columns.
    static func expected() throws -> [String] {
        var rows: [String] = []
        for period in ["daily", "weekly", "all"] {
            let files = FileManager.default.enumerator(atPath: folder.appending(path: "expected/\(period)").path)
            for case let file as String in files ?? .init() where file.hasSuffix(".csv") {
                rows += try lines("expected/\(period)/\(file)").dropFirst().filter { !$0.isEmpty }.map {
                    "\(period),\($0)"
                }
            }
        }
        return rows.sorted()
    }
}

/// A row of one of the three tables, as a line of CSV.
private struct Row: Decodable {
    var cells: [String]

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        cells = try [
            "course_id", "date", "username", "email", "cohort", "days_active", "problems_attempted",
            "problem_attempts", "problems_correct", "videos_played", "discussion_posts", "discussion_responses",
            "discussion_comments", "upvotes_given", "downvotes_given", "upvotes_received", "downvotes_received",
            "textbook_pages", "last_subsection",
        ].map { name in
            let key = Name(stringValue: name)
            if let text = try? container.decode(String.self, forKey: key) { return text }
            return "\(try container.decode(Int.self, forKey: key))"
        }
    }
}

@Suite(
    "Engagement of a real course",
    .enabled(if: RealData.isExpected, "SKIPPED: needs ../shared/data, LECTERN_BIN and LECTERN_PLUGINS"))
struct RealLogTests {
    private let settings = [
        "plugins.engagement.settings.interval.start": "2015-04-06",
        "plugins.engagement.settings.interval.end": "2015-04-20",
    ]

    private func rows(_ folded: Folded) throws -> [String] {
        try ["daily", "weekly", "all"].flatMap { period in
            try folded.rows(of: "engagement_\(period)", as: Row.self).map {
                "\(period),\($0.cells.joined(separator: ","))"
            }
        }.sorted()
    }

    @Test("the 62 rows of edX's own 17 reports, however the log is folded")
    func reports() throws {
        let expected = try RealData.expected()
        #expect(expected.count == 62)
        let plugin = try PluginUnderTest("engagement", with: ["edx-tracking"], settings: settings)
        let folded = try plugin.foldEveryWay(
            .lines(try RealData.lines("roster.sql"), source: "edx-roster"),
            .lines(try RealData.lines("tracking.log"), source: "edx-tracking"))
        #expect(folded.events == 226 + 13)
        #expect(folded.deadLetters.isEmpty)
        #expect(try rows(folded) == expected)
    }

    @Test("the same from shuffled lines, and with the roster last", arguments: [1, 2, 3])
    func shuffled(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        let plugin = try PluginUnderTest("engagement", with: ["edx-tracking"], settings: settings)
        let log = try RealData.lines("tracking.log"), roster = try RealData.lines("roster.sql")
        let folded = try plugin.fold(
            .lines(log.shuffled(using: &generator), source: "edx-tracking"),
            .lines(roster.shuffled(using: &generator), source: "edx-roster"))
        let inOrder = try plugin.fold(.lines(roster, source: "edx-roster"), .lines(log, source: "edx-tracking"))
        #expect(try rows(folded) == RealData.expected())
        #expect(folded.sha256 == inOrder.sha256)
    }
}

/// A generator with a seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
