import Foundation
import Testing

extension IntegrationTests {
    /// The guide's diagram of events, an arrow each: what is published by HTTP, and what PostgreSQL then says of it.
    @Suite("The guide's flow of events", .enabled(if: PostgreSQLServer.isExpected, "there is no PostgreSQL server"))
    struct EventFlowTests {
        struct Arrow: CustomTestStringConvertible, Sendable {
            let name: String
            /// The end of the address, and the body.
            let events: [(kind: String, body: String)]
            let sql: String
            /// Cells, as psql prints them, with `|` between.
            let rows: [String]

            var testDescription: String { name }
        }

        private static let quiz =
            #"{"user_id":"ada","domain":"dsa","module":"dsa-arrays","score":85,"time_taken":420,"timestamp":"2025-01-26T10:30:00Z"}"#
        private static let worseQuiz =
            #"{"user_id":"bob","domain":"dsa","module":"dsa-arrays","score":35,"time_taken":180,"timestamp":"2025-01-26T10:40:00Z"}"#
        private static let diagnostic =
            #"{"user_id":"ada","domain":"dsa","score":62,"time_taken":300,"timestamp":"2025-01-26T10:00:00Z"}"#
        private static let completion =
            #"{"user_id":"ada","domain":"dsa","course":"foundations","module":"dsa-arrays","timestamp":"2025-01-26T11:00:00Z"}"#
        private static let login = #"{"user_id":"ada","timestamp":"2025-01-26T09:00:00Z"}"#
        private static let domain = #"{"user_id":"ada","domain":"dsa","timestamp":"2025-01-26T09:05:00Z"}"#
        private static let revision =
            #"{"user_id":"ada","domain":"dsa","module":"dsa-arrays","urgency":"high","timestamp":"2025-01-27T08:00:00Z"}"#

        static let arrows = [
            Arrow(
                name: "a log-in counts for the day's active users", events: [("login", login), ("login", login)],
                sql: "SELECT day::date, users, logins FROM daily_active_users", rows: ["2025-01-26|1|2"]),
            Arrow(
                name: "a log-in begins a session, which lasts as long as events follow",
                events: [("login", login), ("domain", domain)],
                sql: "SELECT user_id, sessions, seconds_sum FROM session_duration", rows: ["ada|1|300"]),
            Arrow(
                name: "choosing a domain counts for its popularity", events: [("domain", domain)],
                sql: "SELECT domain, selections, learners FROM domain_popularity", rows: ["dsa|1|1"]),
            Arrow(
                name: "a diagnostic quiz counts for the distribution of scores", events: [("diagnostic", diagnostic)],
                sql: "SELECT domain, bucket, count FROM score_distribution", rows: ["dsa|60|1"]),
            Arrow(
                name: "a diagnostic quiz sets the memory's baseline", events: [("diagnostic", diagnostic)],
                sql: "SELECT user_id, domain, score FROM memory_baselines", rows: ["ada|dsa|62"]),
            Arrow(
                name: "a module quiz counts for the module's performance and the time spent",
                events: [("quiz", quiz), ("quiz", worseQuiz)],
                sql: "SELECT module, attempts, average_score, average_time_taken, pass_count, failure_count "
                    + "FROM module_performance", rows: ["dsa-arrays|2|60|300|1|1"]),
            Arrow(
                name: "a module quiz gives a forgetting score and the next review", events: [("quiz", quiz)],
                sql: """
                    SELECT current_score, forgetting_score BETWEEN 0 AND 100, revision_urgency IN ('high', 'medium', 'low'),
                        next_review_at - last_reviewed_at > interval '1 day' FROM memory_scores
                    """, rows: ["85|t|t|t"]),
            Arrow(
                name: "a completion counts for the progress",
                events: [("completion", completion)],
                sql: """
                    SELECT modules_completed, (SELECT modules_completed FROM course_progress WHERE course = 'foundations')
                    FROM user_engagement
                    """, rows: ["1|1"]),
            Arrow(
                name: "a completion queues the next module", events: [("completion", completion)],
                sql: "SELECT course, module FROM next_module", rows: ["foundations|dsa-hashing"]),
            Arrow(
                name: "a recommendation sets the urgency", events: [("quiz", quiz), ("revision", revision)],
                sql:
                    "SELECT urgency_level, reviewed_at IS NULL FROM revision_signals WHERE urgency_level = 'high' LIMIT 1",
                rows: ["high|t"]),
            Arrow(
                name: "a recommendation is a signal, which the next review ends",
                events: [
                    ("revision", revision),
                    ("quiz", quiz.replacingOccurrences(of: "2025-01-26T10:30", with: "2025-01-27T10:30")),
                ],
                sql:
                    "SELECT module_id, reviewed_at AT TIME ZONE 'UTC' FROM revision_signals WHERE reviewed_at IS NOT NULL",
                rows: ["dsa-arrays|2025-01-27 10:30:00"]),
            Arrow(
                name: "when the interval is over, the revision is due", events: [("quiz", quiz)],
                sql: "SELECT user_id FROM revision_signals WHERE due AND due_at > scheduled_at", rows: ["ada"]),
        ]

        @Test("each arrow leads from the publisher to the table", arguments: arrows)
        func leads(arrow: Arrow) throws {
            let folder = try TemporaryFolder()
            let server = try PostgreSQLServer()
            let curriculum = """
                [{domain: dsa, course: foundations, module: dsa-arrays},\
                 {domain: dsa, course: foundations, module: dsa-hashing, requires: [dsa-arrays]}]
                """
            let host = try HostProcess(
                data: folder.path,
                settings: [
                    "ingest.trust=loopback", "warehouse.type=postgresql", "warehouse.interval=50ms",
                    "warehouse.postgresql.host=\(server.socketFolder)", "warehouse.postgresql.port=\(server.port)",
                    "warehouse.postgresql.database=postgres", "warehouse.postgresql.user=postgres",
                    "plugins.quiz-analytics.settings.curriculum=\(curriculum)",
                ])
            for (kind, body) in arrow.events {
                let answer = try host.request(
                    "/api/events/\(kind)", ["-H", "Content-Type: application/json", "--data", body])
                #expect(answer.status == 200, "\(answer.body)")
            }
            var rows: [String] = []
            _ = try eventually(seconds: 30) {
                rows = (try? server.rows(arrow.sql))?.map { $0.map { $0 ?? "NULL" }.joined(separator: "|") } ?? []
                return rows == arrow.rows
            }
            #expect(rows == arrow.rows)
            #expect(try host.metric("lectern_ingest_events_total{outcome=\"rejected\"}") == 0)
            #expect(try host.stop() == .code(0))
        }
    }
}
