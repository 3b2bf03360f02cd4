import PluginTesting
import Testing

struct QuizRow: Decodable, Equatable {
    var user_id: String
    var domain: String
    var course: String
    var module: String
    var quiz_type: String
    var attempt_count: Int
    var average_score: Double?
    var average_time_taken: Double?
    var last_attempted_at: String
    var score_sum: Double
    var time_sum: Double
}

struct EngagementRow: Decodable, Equatable {
    var user_id: String
    var domain: String
    var modules_started: Int
    var modules_completed: Int
    var total_quiz_attempts: Int
    var total_time_seconds: Double
    var last_activity_at: String
}

struct ModuleRow: Decodable, Equatable {
    var domain: String
    var module: String
    var learners: Int
    var attempts: Int
    var average_score: Double?
}

struct PaceRow: Decodable, Equatable {
    var domain: String
    var at: String
    var events: Int
    var quizzes: Int
    var learners: Int
}

@Suite("Quiz analytics", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct QuizAnalyticsTests {
    /// An event of a learner in the domain dsa.
    private func event(_ type: String, _ learner: String, _ time: String, _ members: String = "") -> String {
        "{\"event_type\":\"\(type)\",\"user_id\":\"\(learner)\",\"domain\":\"dsa\",\"timestamp\":\"2025-01-26T\(time)Z\""
            + (members.isEmpty ? "}" : ",\(members)}")
    }

    private var lesson: [String] {
        [
            event("user_login", "bea", "10:00:00"),
            event("module_started", "bea", "10:01:00", #""module":"arrays""#),
            event("module_viewed", "bea", "10:02:00", #""module":"arrays""#),
            event("module_quiz_completed", "bea", "10:06:00", #""module":"arrays","score":80,"time_taken":300"#),
            event("module_quiz_completed", "bea", "10:04:00", #""module":"arrays","score":85.5,"time_taken":420"#),
            event("module_quiz_completed", "cyd", "10:04:30", #""module":"arrays","score":40,"course":"CS""#),
            event("diagnostic_quiz_completed", "bea", "09:00:00", #""score":50,"time_taken":60"#),
            event("module_completed", "bea", "10:30:00", #""module":"arrays""#),
            event("module_viewed", "cyd", "10:59:59", #""module":"graphs""#),
        ]
    }

    @Test("the tables of a small class")
    func tables() throws {
        let folded = try PluginUnderTest("quiz-analytics").foldEveryWay(.lines(lesson))
        #expect(folded.events == 9)
        #expect(folded.deadLetters.isEmpty)
        #expect(
            try folded.rows(of: "quiz_analytics") == [
                QuizRow(
                    user_id: "bea", domain: "dsa", course: "", module: "", quiz_type: "diagnostic", attempt_count: 1,
                    average_score: 50, average_time_taken: 60, last_attempted_at: "2025-01-26T09:00:00Z", score_sum: 50,
                    time_sum: 60),
                QuizRow(
                    user_id: "bea", domain: "dsa", course: "", module: "arrays", quiz_type: "module", attempt_count: 2,
                    average_score: 82.75, average_time_taken: 360, last_attempted_at: "2025-01-26T10:06:00Z",
                    score_sum: 165.5, time_sum: 720),
                QuizRow(
                    user_id: "cyd", domain: "dsa", course: "CS", module: "arrays", quiz_type: "module",
                    attempt_count: 1,
                    average_score: 40, average_time_taken: 0, last_attempted_at: "2025-01-26T10:04:30Z", score_sum: 40,
                    time_sum: 0),
            ])
        #expect(
            try folded.rows(of: "user_engagement") == [
                EngagementRow(
                    user_id: "bea", domain: "dsa", modules_started: 1, modules_completed: 1, total_quiz_attempts: 3,
                    total_time_seconds: 780, last_activity_at: "2025-01-26T10:30:00Z"),
                EngagementRow(
                    user_id: "cyd", domain: "dsa", modules_started: 1, modules_completed: 0, total_quiz_attempts: 1,
                    total_time_seconds: 0, last_activity_at: "2025-01-26T10:59:59Z"),
            ])
        #expect(
            try folded.rows(of: "modules") == [
                ModuleRow(domain: "dsa", module: "arrays", learners: 2, attempts: 3, average_score: 205.5 / 3)
            ])
        #expect(
            try folded.rows(of: "pace", as: PaceRow.self).map { "\($0.at) \($0.events) \($0.quizzes) \($0.learners)" }
                == [
                    "2025-01-26T09:00:00Z 1 1 1", "2025-01-26T10:00:00Z 5 2 2", "2025-01-26T10:05:00Z 1 1 1",
                    "2025-01-26T10:30:00Z 1 0 1", "2025-01-26T10:55:00Z 1 0 1",
                ])
    }

    @Test(
        "events that can't be read count nowhere",
        arguments: [
            (#""module":"arrays","score":101"#, "score: expected a number in 0.0...100.0, found 101"),
            (#""module":"arrays","score":"85""#, "score: expected a number in 0.0...100.0, found the text \"85\""),
            (#""score":85"#, "module: expected a text of at least 1 bytes, found nothing"),
            (
                #""module":"a","score":1,"time_taken":-5"#,
                "time_taken: expected a number in 0.0...1000000000.0, found -5"
            ),
        ])
    func rejected(members: String, reason: String) throws {
        let folded = try PluginUnderTest("quiz-analytics")
            .fold(.lines([event("module_quiz_completed", "bea", "10:00:00", members)]))
        #expect(folded.deadLetters.map(\.reason) == [reason])
        #expect(folded.states.isEmpty)
    }

    @Test(
        "settings that make no sense are refused by name",
        arguments: [
            ("passMark", "120", "setting passMark: expected a score in 0...100, found 120.0"),
            ("helpMark", "80", "setting helpMark: expected a score from 0 to passMark (70.0), found 80.0"),
            (
                "pasMark", "80",
                "setting pasMark: expected one of curriculum, helpMark, passMark, sessionGap, found an unknown setting"
            ),
            ("passMark", "69.5", "setting passMark: expected whole percent, found 69.5"),
            ("sessionGap", "0.5", "setting sessionGap: expected 1 to 1440 minutes, found 0.5"),
            (
                "curriculum", "[{domain: d, module: a}, {domain: e, module: a}, {domain: d, module: a}]",
                "setting curriculum: expected each module of the domain d once, found a twice"
            ),
            (
                "curriculum", "[{domain: d, module: a, requires: [b]}, {domain: e, module: b}]",
                "setting curriculum: expected modules of the domain d in requires of a, found b"
            ),
            (
                "curriculum",
                "[{domain: d, module: a, requires: [b]}, {domain: d, module: b, requires: [a]}, {domain: d, module: c}]",
                "setting curriculum: expected modules of the domain d that don't wait for each other, found a, b"
            ),
            (
                "curriculum", "[{domain: d}]",
                "setting curriculum.0.module: it is missing"
            ),
            ("passMark", "high", "setting passMark: expected a number, found the text \"high\""),
        ])
    func settings(name: String, value: String, reason: String) throws {
        let plugin = try PluginUnderTest(
            "quiz-analytics", settings: ["plugins.quiz-analytics.settings.\(name)": value])
        let error = #expect(throws: PluginTestError.self) { try plugin.fold(.lines(lesson)) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
