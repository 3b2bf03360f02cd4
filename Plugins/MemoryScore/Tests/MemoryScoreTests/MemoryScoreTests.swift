import Foundation
import PluginTesting
import Testing

@Suite("Memory scores", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct MemoryScoreTests {
    struct Memory: Decodable {
        var user_id: String
        var domain: String
        var module: String
        var current_score: Double
        var forgetting_score: Int
        var revision_urgency: String
        var last_reviewed_at: String
        var next_review_at: String
        var decay_factor: Double
        var reviews: Int
        var due: Bool
    }

    struct Signal: Decodable {
        var user_id: String
        var module_id: String
        var urgency_level: String
        var scheduled_at: String
        var reviewed_at: String?
        var created_at: String
        var due: Bool
        var due_at: String?
    }

    struct Baseline: Decodable {
        var score: Double
        var set_at: String
        var interval_days: Double
    }

    struct Predictor: Decodable {
        var model: String
        var reviews: Int
        var log_loss: Double?
        var rmse: Double?
        var log_loss_sum: Double
        var squared_error_sum: Double
        var is_active: Bool
    }

    /// An event of January 2025 in the domain dsa.
    private func event(_ type: String, _ time: String, _ members: String, of learner: String = "ada") -> String {
        "{\"event_type\":\"\(type)\",\"user_id\":\"\(learner)\",\"domain\":\"dsa\",\"timestamp\":\"2025-01-\(time)Z\",\(members)}"
    }

    private func quiz(_ time: String, _ score: Double, _ module: String = "arrays", of learner: String = "ada")
        -> String
    {
        event("module_quiz_completed", time, #""module":"\#(module)","score":\#(score)"#, of: learner)
    }

    private func fold(_ lines: [String], _ settings: [String: String] = [:]) throws -> Folded {
        let named = settings.map { ("plugins.memory-score.settings.\($0.key)", $0.value) }
        let folded = try PluginUnderTest("memory-score", settings: Dictionary(uniqueKeysWithValues: named))
            .foldEveryWay(.lines(lines))
        #expect(folded.deadLetters.isEmpty, "\(folded.deadLetters)")
        return folded
    }

    @Test("the example of the guide: 85 percent in a module's quiz")
    func example() throws {
        let folded = try fold([quiz("26T10:30:00", 85)])
        let rows = try folded.rows(of: "memory_scores", as: Memory.self)
        let memory = try #require(rows.first)
        #expect(rows.count == 1 && memory.user_id == "ada" && memory.domain == "dsa" && memory.module == "arrays")
        #expect(memory.current_score == 85 && memory.forgetting_score == 0 && memory.revision_urgency == "low")
        #expect(memory.last_reviewed_at == "2025-01-26T10:30:00Z" && memory.reviews == 1)
        // Two times 85/70 of a day: 58 h 17 min 8.571429 s.
        #expect(memory.next_review_at == "2025-01-28T20:47:08.571429Z")
        #expect(abs(memory.decay_factor - 0.1053605156578263 / (170.0 / 70)) < 1e-15)
        let signals = try folded.rows(of: "revision_signals", as: Signal.self)
        #expect(signals.count == 1)
        let signal = try #require(signals.first)
        #expect(signal.module_id == "arrays" && signal.created_at == memory.last_reviewed_at)
        #expect(signal.scheduled_at == memory.next_review_at && signal.reviewed_at == nil)
    }

    @Test("by the settings it is FSRS that fills the tables")
    func fsrs() throws {
        let lines = [quiz("26T10:30:00", 85), quiz("26T10:41:00", 85), quiz("28T12:00:00", 96)]
        let row = try #require(try fold(lines, ["model": "fsrs6"]).rows(of: "memory_scores", as: Memory.self).first)
        // Good twice within the learning steps: in review, after two days; then easy, to 19 days.
        #expect(row.next_review_at == "2025-02-16T12:00:00Z", "\(row)")
    }

    @Test("the next review ends the signal of the one before")
    func reviewed() throws {
        let lines = [quiz("26T10:00:00", 85), quiz("29T10:00:00", 40), quiz("29T11:00:00", 90)]
        let signals = try fold(lines).rows(of: "revision_signals", as: Signal.self).sorted {
            $0.created_at < $1.created_at
        }
        #expect(
            signals.map(\.created_at)
                == lines.indices.map { ["26T10", "29T10", "29T11"][$0] }.map { "2025-01-\($0):00:00Z" })
        #expect(signals.map(\.reviewed_at) == ["2025-01-29T10:00:00Z", "2025-01-29T11:00:00Z", nil])
        #expect(signals.map(\.urgency_level) == ["medium", "low", "low"], "overdue by a few hours, then early")
    }

    @Test("time makes a revision due without an event, and the review that follows ends it")
    func due() throws {
        let folded = try PluginUnderTest("memory-score").foldEveryWay(
            .lines([quiz("26T10:30:00", 85), quiz("26T10:30:00", 85, of: "bea")]),
            .tick(at: "2025-01-28T20:00:00Z"), .tick(at: "2025-01-28T21:00:00Z"),
            .lines([quiz("28T22:00:00", 85, of: "bea")]), .tick(at: "2025-01-28T23:00:00Z"))
        let signals = try folded.rows(of: "revision_signals", as: Signal.self).sorted {
            ($0.user_id, $0.created_at) < ($1.user_id, $1.created_at)
        }
        #expect(signals.map(\.user_id) == ["ada", "bea", "bea"])
        // Both were scheduled for 20:47:08.
        #expect(signals.map(\.due_at) == ["2025-01-28T21:00:00Z", "2025-01-28T21:00:00Z", nil])
        #expect(signals.map(\.reviewed_at) == [nil, "2025-01-28T22:00:00Z", nil])
        #expect(signals.map(\.due) == [true, false, false])
    }

    @Test("no more signals are kept that are done than the settings say", arguments: [0, 1, 3])
    func kept(limit: Int) throws {
        let lines = (10..<20).map { quiz("\($0)T10:00:00", 85) }
        let signals = try fold(lines, ["signalsKept": "\(limit)"]).rows(of: "revision_signals", as: Signal.self)
            .sorted { $0.created_at < $1.created_at }
        #expect(signals.count == limit + 1)
        #expect(signals.last?.created_at == "2025-01-19T10:00:00Z" && signals.last?.reviewed_at == nil)
    }

    @Test("completions and revisions with a score are reviews; a completion without one counts as a setting says")
    func reviews() throws {
        let lines = [
            event("module_completed", "10T10:00:00", #""module":"a","score":35"#),
            event("module_completed", "10T10:00:00", #""module":"b""#),
            event("revision_recommended", "10T10:00:00", #""module":"c","score":70"#),
        ]
        let rows = try fold(lines, ["assumedScore": "70"]).rows(of: "memory_scores", as: Memory.self)
        #expect(rows.map(\.module) == ["a", "b", "c"] && rows.map(\.current_score) == [35, 70, 70])
        #expect(rows.map { String($0.next_review_at.dropFirst(8).prefix(5)) } == ["11T10", "12T10", "12T10"])
    }

    @Test("advice to revise is no review, but makes the revision due, and as urgent as it says")
    func recommended() throws {
        let lines = [
            quiz("10T10:00:00", 85),
            event("revision_recommended", "10T12:00:00", #""module":"arrays","urgency":"high""#),
            event(
                "revision_recommended", "10T12:00:00",
                #""module":"new","urgency":"medium","scheduled_at":"2025-01-11T00:00:00Z""#),
        ]
        let folded = try fold(lines)
        let rows = try folded.rows(of: "memory_scores", as: Memory.self)
        #expect(rows.map(\.reviews) == [1] && rows.map(\.revision_urgency) == ["high"] && rows.map(\.due) == [true])
        let signals = try folded.rows(of: "revision_signals", as: Signal.self)
        #expect(signals.map(\.module_id) == ["arrays", "new"] && signals.map(\.urgency_level) == ["high", "medium"])
        #expect(signals.map(\.due) == [true, false])
        #expect(signals.map(\.due_at) == ["2025-01-10T12:00:00Z", nil])
        #expect(signals.map(\.scheduled_at) == ["2025-01-10T12:00:00Z", "2025-01-11T00:00:00Z"])
    }

    @Test("a diagnostic quiz sets what the modules of its domain begin with")
    func baseline() throws {
        let lines = [
            event("diagnostic_quiz_completed", "10T10:00:00", #""score":35"#),
            event("diagnostic_quiz_completed", "10T11:00:00", #""score":100"#), quiz("10T12:00:00", 35),
        ]
        let folded = try fold(lines)
        let baselines = try folded.rows(of: "memory_baselines", as: Baseline.self)
        #expect(baselines.map(\.score) == [100] && baselines.map(\.set_at) == ["2025-01-10T11:00:00Z"])
        #expect(baselines.map(\.interval_days) == [100.0 / 70 * 2])
        // At a confidence of a half, the interval stays what the baseline set: 20/7 days.
        let row = try #require(try folded.rows(of: "memory_scores", as: Memory.self).first)
        #expect(row.next_review_at == "2025-01-13T08:34:17.142857Z" && row.reviews == 1)
    }

    @Test("a diagnostic quiz of a module is that module's review")
    func moduleDiagnostic() throws {
        let line = event("diagnostic_quiz_completed", "10T10:00:00", #""score":70,"module":"arrays""#)
        let folded = try fold([line])
        #expect(try folded.rows(of: "memory_baselines", as: Baseline.self).isEmpty)
        #expect(try folded.rows(of: "memory_scores", as: Memory.self).map(\.module) == ["arrays"])
    }

    @Test("both models are compared with what they know nothing of memory")
    func calibration() throws {
        let lines = [
            quiz("10T10:00:00", 85), quiz("10T10:05:00", 85), quiz("12T10:05:00", 85), quiz("20T10:00:00", 40),
            quiz("15T10:00:00", 85, of: "bea"), quiz("19T10:00:00", 90, of: "bea"),
        ]
        let rows = try fold(lines).rows(of: "memory_calibration", as: Predictor.self)
        #expect(rows.map(\.model) == ["constant", "ebbinghaus", "fsrs6", "moving_average"])
        #expect(rows.map(\.is_active) == [false, true, false, false])
        // Not the first of a module, nor the one of the same day.
        #expect(rows.map(\.reviews) == [3, 3, 3, 3])
        // The shares of passed quizzes, with a half at first: 3/4 and 4/5 of ada's, 2/3 of bea's.
        let constant = try #require(rows.first)
        let loss = -log(3.0 / 4) - log(1.0 / 5) - log(2.0 / 3)
        let squares = 1.0 / 16 + 16.0 / 25 + 1.0 / 9
        #expect(abs(constant.log_loss_sum - loss) < 3e-6 && abs(constant.squared_error_sum - squares) < 3e-6)
        #expect(abs(try #require(constant.log_loss) - loss / 3) < 1e-6)
        #expect(abs(try #require(constant.rmse) - (squares / 3).squareRoot()) < 1e-6)
        // By the rule: 2.43 days, then 5.9 days as of the second quiz, 14.3 as of the third; bea's 2.43.
        let recalled = [
            pow(0.9, 2 / pow(17.0 / 7, 2)), 1 - pow(0.9, (8 - 5.0 / 1_440) / pow(17.0 / 7, 3)),
            pow(0.9, 4 / (17.0 / 7)),
        ]
        #expect(abs(rows[1].log_loss_sum - recalled.reduce(0) { $0 - log($1) }) < 3e-6)
    }

    @Test("a late event is a review of the same day")
    func late() throws {
        let row = try #require(
            try fold([quiz("20T10:00:00", 70), quiz("10T10:00:00", 70)]).rows(of: "memory_scores", as: Memory.self)
                .first)
        #expect(row.reviews == 2 && row.last_reviewed_at == "2025-01-10T10:00:00Z")
    }

    @Test(
        "events that can't be read are refused by field",
        arguments: [
            (
                #""score":101,"module":"m""#, "module_quiz_completed",
                "score: expected a number in 0.0...100.0, found 101"
            ),
            (#""score":50"#, "module_quiz_completed", "module: expected a text of at least 1 bytes, found nothing"),
            (
                #""module":"m","urgency":"soon""#, "revision_recommended",
                "urgency: expected high, medium or low, found soon"
            ),
        ])
    func refused(members: String, type: String, reason: String) throws {
        let folded = try PluginUnderTest("memory-score").fold(.lines([event(type, "10T10:00:00", members)]))
        #expect(folded.deadLetters.map(\.reason) == [reason])
    }

    @Test(
        "settings that make no sense are refused by name",
        arguments: [
            ("model", "sm2", "setting model: "),
            ("passMark", "0", "setting passMark: expected a score in 1...100, found 0.0"),
            ("grades.good", "60", "setting grades: expected scores in 0...100 with hard <= good <= easy"),
            ("ebbinghaus.firstInterval", "0", "setting ebbinghaus.firstInterval: expected days between"),
            ("fsrs6.parameters", "[1, 2]", "setting fsrs6.parameters: expected 21 numbers, found 2"),
            ("fsrs6.retention", "1", "setting fsrs6.retention: expected a probability in 0.5...0.99, found 1.0"),
            ("fsrs6.learningSteps", "[0]", "setting fsrs6.learningSteps.0: expected 0.1 to 525600 minutes, found 0.0"),
            ("urgency.high", "5", "setting urgency: expected forgetting scores in 1...100 with medium <= high"),
            ("urgency.highest", "5", "setting urgency.highest: expected one of high, medium, found an unknown setting"),
            ("forgettingStep", "0", "setting forgettingStep: expected points in 1...100, found 0.0"),
        ])
    func settings(name: String, value: String, reason: String) throws {
        let plugin = try PluginUnderTest("memory-score", settings: ["plugins.memory-score.settings.\(name)": value])
        let error = #expect(throws: PluginTestError.self) { try plugin.fold(.lines([quiz("10T10:00:00", 1)])) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
