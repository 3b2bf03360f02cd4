import Foundation

/// A real course's tracking log and roster, and the reports that edX's own programs made of them.
enum EngagementOracle {
    static let log = "\(Installation.data)/edx-engagement/tracking.log"
    static let roster = "\(Installation.data)/edx-engagement/roster.sql"
    static let inputs = ["edx-roster=\(roster)", "edx-tracking=\(log)"]
    /// What the reports cover.
    static let settings = [
        "plugins.engagement.settings.interval.start=2015-04-06", "plugins.engagement.settings.interval.end=2015-04-20",
    ]

    static let columns = [
        "course_id", "date", "username", "email", "cohort", "days_active", "problems_attempted", "problem_attempts",
        "problems_correct", "videos_played", "discussion_posts", "discussion_responses", "discussion_comments",
        "upvotes_given", "downvotes_given", "upvotes_received", "downvotes_received", "textbook_pages",
        "last_subsection",
    ]
    private static let periods = ["daily", "weekly", "all"]

    /// The rows of the reports with their period, sorted, and how many files they were in.
    static func expected() throws -> (rows: [[String]], files: Int) {
        var (rows, files) = ([[String]](), 0)
        for period in periods {
            let folder = "\(Installation.data)/edx-engagement/expected/\(period)"
            for case let file as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
                guard file.hasSuffix(".csv") else { continue }
                files += 1
                for line in try lines(of: "\(folder)/\(file)").dropFirst() where !line.isEmpty {
                    rows.append(
                        [period] + line.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
                }
            }
        }
        return (sorted(rows), files)
    }

    /// The same of what was folded.
    static func rows(of folded: Folded) throws -> [[String]] {
        sorted(
            try periods.flatMap { period in
                try folded.rows(of: "engagement.engagement_\(period)").map { row in
                    [period] + columns.map { row[$0] ?? "?" }
                }
            })
    }

    private static func sorted(_ rows: [[String]]) -> [[String]] { rows.sorted { $0.lexicographicallyPrecedes($1) } }
}
