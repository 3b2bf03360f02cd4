import PluginTesting
import Testing

/// What a platform's guide wants to know beside quizzes and engagement.
@Suite("Analytics of a class", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct ClassAnalyticsTests {
    private func event(_ type: String, _ learner: String, _ time: String, _ members: String = "") -> String {
        "{\"event_type\":\"\(type)\",\"user_id\":\"\(learner)\",\"timestamp\":\"\(time)Z\""
            + (members.isEmpty ? "}" : ",\(members)}")
    }

    private func quiz(_ learner: String, _ module: String, _ score: String, taken: Int = 60) -> String {
        event(
            "module_quiz_completed", learner, "2025-01-26T10:00:00",
            #""domain":"dsa","module":"\#(module)","score":\#(score),"time_taken":\#(taken)"#)
    }

    private func fold(_ lines: [String], _ settings: [String: String] = [:]) throws -> Folded {
        let prefix = "plugins.quiz-analytics.settings."
        let named = settings.map { (prefix + $0.key, $0.value) }
        let folded = try PluginUnderTest(
            "quiz-analytics", settings: Dictionary(uniqueKeysWithValues: named)
        )
        .foldEveryWay(.lines(lines))
        #expect(folded.deadLetters.isEmpty)
        return folded
    }

    struct Performance: Decodable, Equatable {
        var domain: String
        var module: String
        var attempts: Int
        var average_score: Double
        var score_sum: Double
        var average_time_taken: Double
        var time_sum: Double
        var pass_count: Int
        var failure_count: Int
    }

    @Test("a quiz is passed from the pass mark on", arguments: [(70.0, 2), (71.0, 1), (100.0, 0), (0.0, 4)])
    func performance(passMark: Double, passes: Int) throws {
        let lines = [
            quiz("a", "m", "69.99"), quiz("b", "m", "70"), quiz("c", "m", "99.5", taken: 120), quiz("a", "m", "0"),
        ]
        let folded = try fold(lines, ["passMark": "\(passMark)", "helpMark": "0"])
        #expect(
            try folded.rows(of: "module_performance") == [
                Performance(
                    domain: "dsa", module: "m", attempts: 4, average_score: 239.49 / 4, score_sum: 239.49,
                    average_time_taken: 75, time_sum: 300, pass_count: passes, failure_count: 4 - passes)
            ])
    }

    struct Bucket: Decodable {
        var domain: String
        var quiz: String
        var bucket: Int
        var count: Int
    }

    @Test("scores of diagnostic quizzes by ten percent, each quiz for itself")
    func distribution() throws {
        let scores = [("", "0"), ("", "9.9"), ("", "10"), ("", "99"), ("", "100"), ("entry", "55"), ("entry", "59.5")]
        let lines = scores.enumerated().map { number, quiz in
            let module = quiz.0.isEmpty ? "" : #","module":"\#(quiz.0)""#
            return event(
                "diagnostic_quiz_completed", "s\(number % 3)", "2025-01-26T10:00:00",
                #""domain":"dsa","score":\#(quiz.1)\#(module)"#)
        }
        let rows = try fold(lines).rows(of: "score_distribution", as: Bucket.self)
        #expect(
            rows.map { "\($0.quiz) \($0.bucket) \($0.count)" } == [" 0 2", " 10 1", " 90 2", "entry 50 2"])
    }

    struct Popularity: Decodable, Equatable {
        var domain: String
        var selections: Int
        var learners: Int
    }

    @Test("how often a domain is chosen, and by how many")
    func popularity() throws {
        let lines = [("a", "dsa"), ("b", "dsa"), ("a", "web"), ("a", "dsa")].map {
            event("learning_domain_selected", $0, "2025-01-26T10:00:00", #""domain":"\#($1)""#)
        }
        #expect(
            try fold(lines).rows(of: "domain_popularity") == [
                Popularity(domain: "dsa", selections: 3, learners: 2),
                Popularity(domain: "web", selections: 1, learners: 1),
            ])
    }

    struct Day: Decodable, Equatable {
        var day: String
        var users: Int
        var logins: Int
    }

    struct Session: Decodable, Equatable {
        var user_id: String
        var day: String
        var sessions: Int
        var seconds_sum: Int
        var average_seconds: Double
        var logins: Int
    }

    /// Of ada: two sessions, and one over midnight; of bea: one, whose events come in the wrong order.
    private var attendance: [String] {
        [
            event("user_login", "ada", "2025-01-26T10:00:00"),
            event("module_viewed", "ada", "2025-01-26T10:20:00", #""module":"m""#),
            event("module_viewed", "ada", "2025-01-26T10:50:00", #""module":"m""#),
            event("user_login", "ada", "2025-01-26T11:20:01"),
            event("user_login", "ada", "2025-01-26T23:59:00"),
            event("module_viewed", "ada", "2025-01-27T00:10:00", #""module":"m""#),
            event("module_viewed", "bea", "2025-01-26T10:00:50", #""module":"m""#),
            event("module_viewed", "bea", "2025-01-26T10:02:00", #""module":"m""#),
            event("user_login", "bea", "2025-01-26T10:00:00"),
            event("module_viewed", "bea", "2025-01-26T10:01:30", #""module":"m""#),
        ]
    }

    @Test("who is there on a day")
    func dailyUsers() throws {
        #expect(
            try fold(attendance).rows(of: "daily_active_users") == [
                Day(day: "2025-01-26T00:00:00Z", users: 2, logins: 4),
                Day(day: "2025-01-27T00:00:00Z", users: 1, logins: 0),
            ])
    }

    @Test(
        "a session ends where nothing follows for long enough", arguments: [(30, 3, 3_000), (31, 2, 4_801), (1, 5, 0)])
    func sessions(gap: Int, sessions: Int, seconds: Int) throws {
        let rows = try fold(attendance, ["sessionGap": "\(gap)"]).rows(of: "session_duration", as: Session.self)
        #expect(
            rows == [
                Session(
                    user_id: "ada", day: "2025-01-26T00:00:00Z", sessions: sessions, seconds_sum: seconds,
                    average_seconds: Double(seconds) / Double(sessions), logins: 3),
                Session(
                    user_id: "ada", day: "2025-01-27T00:00:00Z", sessions: 1, seconds_sum: 0, average_seconds: 0,
                    logins: 0),
                Session(
                    user_id: "bea", day: "2025-01-26T00:00:00Z", sessions: 1, seconds_sum: 120, average_seconds: 120,
                    logins: 1),
            ])
    }

    struct Course: Decodable, Equatable {
        var user_id: String
        var course: String
        var modules_started: Int
        var modules_completed: Int
    }

    @Test("progress in each course")
    func courses() throws {
        let lines = [
            ("module_started", "ada", "a", "one"), ("module_completed", "ada", "a", "one"),
            ("module_viewed", "ada", "b", "one"),
            ("module_completed", "ada", "c", "two"),
        ].map { event($0, $1, "2025-01-26T10:00:00", #""module":"\#($2)","course":"\#($3)""#) }
        #expect(
            try fold(lines).rows(of: "course_progress") == [
                Course(user_id: "ada", course: "one", modules_started: 2, modules_completed: 1),
                Course(user_id: "ada", course: "two", modules_started: 1, modules_completed: 1),
            ])
    }

    struct Next: Decodable {
        var user_id: String
        var course: String
        var module: String
        var position: Int
        var started: Bool
        var modules_left: Int
    }

    @Test(
        "the next module is the first of its course that is not completed and has all that it needs",
        arguments: [
            ([], ["one arrays 1 3", "two sorting 2 1"]), (["arrays"], ["one lists 1 2", "two sorting 2 1"]),
            (["lists"], ["one arrays 1 2", "two sorting 2 1"]),
            (["arrays", "sorting"], ["one lists 1 2"]), (["arrays", "lists", "sorting"], ["one graphs 1 1"]),
            (["arrays", "lists", "sorting", "graphs"], []),
        ])
    func nextModule(completed: [String], expected: [String]) throws {
        let curriculum = """
            [{domain: dsa, course: one, module: arrays},
            {domain: dsa, course: one, module: graphs, requires: [lists, sorting]},
            {domain: dsa, course: two, module: sorting}, {domain: web, module: html},
            {domain: dsa, course: one, module: lists}]
            """.replacing("\n", with: " ")
        let lines =
            [event("module_viewed", "ada", "2025-01-26T10:00:00", #""domain":"dsa","module":"arrays""#)]
            + completed.map {
                event("module_completed", "ada", "2025-01-26T10:00:00", #""domain":"dsa","module":"\#($0)""#)
            }
        let rows = try fold(lines, ["curriculum": curriculum]).rows(of: "next_module", as: Next.self)
        #expect(rows.map { "\($0.course) \($0.module) \($0.position) \($0.modules_left)" } == expected)
        #expect(rows.allSatisfy { $0.started == ($0.module == "arrays") })
    }
}
