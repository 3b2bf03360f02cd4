import PluginTesting
import Testing

@Suite("Event aggregations", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct EventAggregationsTests {
    struct UserHour: Decodable, Equatable {
        var user_id: String
        var window: String
        var attempts: Int
        var accuracy: Double?
        var average_seconds: Double?
        var revision: Int
    }

    struct UserDay: Decodable, Equatable {
        var user_id: String
        var window: String
        var sessions: Int
        var session_minutes: Double
        var items: Int
        var events: Int
    }

    struct ItemHour: Decodable, Equatable {
        var item_id: String
        var window: String
        var difficulty: Double?
        var learners: Int
    }

    struct System: Decodable, Equatable {
        var window: String
        var events: Int
        var types: Int
        var learners: Int
    }

    struct JurisdictionDay: Decodable, Equatable {
        var jurisdiction: String
        var window: String
        var attempts: Int
        var learners: Int
    }

    private func attempt(
        _ time: String, of learner: String = "ada", item: String = "i1", correct: Bool = true,
        milliseconds: Int = 2_000,
        session: String = "s1", jurisdiction: String = "SE"
    ) -> String {
        #"{"event_type":"attempt","user_id":"\#(learner)","item_id":"\#(item)","correct":\#(correct),"#
            + #""response_time_ms":\#(milliseconds),"session_id":"\#(session)","jurisdiction":"\#(jurisdiction)","#
            + #""timestamp":"2025-01-26T\#(time)Z"}"#
    }

    private func folded(_ lines: [String]) throws -> Folded {
        try PluginUnderTest("event-aggregations").foldEveryWay(.lines(lines))
    }

    @Test("attempts are summed up by learner and hour")
    func userHours() throws {
        let folded = try folded([
            attempt("10:00:00"), attempt("10:59:59.999", correct: false, milliseconds: 4_000), attempt("11:00:00"),
            attempt("10:30:00", of: "bea"),
        ])
        #expect(
            try folded.rows(of: "user_hourly_attempts") == [
                UserHour(
                    user_id: "ada", window: "2025-01-26T10:00:00Z", attempts: 2, accuracy: 50, average_seconds: 3,
                    revision: 0),
                UserHour(
                    user_id: "ada", window: "2025-01-26T11:00:00Z", attempts: 1, accuracy: 100, average_seconds: 2,
                    revision: 0),
                UserHour(
                    user_id: "bea", window: "2025-01-26T10:00:00Z", attempts: 1, accuracy: 100, average_seconds: 2,
                    revision: 0),
            ])
    }

    @Test("a learner's day has sessions from their first event to their last, and items")
    func userDays() throws {
        let folded = try folded([
            attempt("10:00:00"), attempt("10:30:00", item: "i2"), attempt("20:00:00", session: "s2"),
            attempt("20:15:00", session: "s2"),
        ])
        #expect(
            try folded.rows(of: "user_daily_sessions") == [
                UserDay(
                    user_id: "ada", window: "2025-01-26T00:00:00Z", sessions: 2, session_minutes: 45, items: 2,
                    events: 4)
            ])
    }

    @Test("an item's difficulty is the part of wrong answers, over all learners")
    func items() throws {
        let folded = try folded([
            attempt("10:00:00"), attempt("10:01:00", of: "bea", correct: false),
            attempt("10:02:00", of: "cyd", correct: false), attempt("10:03:00", correct: false),
        ])
        #expect(
            try folded.rows(of: "item_hourly_performance") == [
                ItemHour(item_id: "i1", window: "2025-01-26T10:00:00Z", difficulty: 0.75, learners: 3)
            ])
    }

    @Test("all events count in their five minutes")
    func system() throws {
        let login = #"{"event_type":"login","user_id":"bea","timestamp":"2025-01-26T10:04:59Z"}"#
        let folded = try folded([attempt("10:00:00"), login, attempt("10:05:00")])
        #expect(
            try folded.rows(of: "system_5min_metrics") == [
                System(window: "2025-01-26T10:00:00Z", events: 2, types: 2, learners: 2),
                System(window: "2025-01-26T10:05:00Z", events: 1, types: 1, learners: 1),
            ])
    }

    @Test("jurisdictions count their learners by day")
    func jurisdictions() throws {
        let folded = try folded([
            attempt("10:00:00"), attempt("23:59:59", of: "bea"), attempt("12:00:00", of: "cyd", jurisdiction: "NO"),
        ])
        #expect(
            try folded.rows(of: "jurisdiction_daily") == [
                JurisdictionDay(jurisdiction: "NO", window: "2025-01-26T00:00:00Z", attempts: 1, learners: 1),
                JurisdictionDay(jurisdiction: "SE", window: "2025-01-26T00:00:00Z", attempts: 2, learners: 2),
            ])
    }

    @Test("an event that comes when its hour is over corrects it")
    func corrected() throws {
        let folded = try folded([attempt("10:00:00"), attempt("12:00:00"), attempt("10:30:00")])
        let rows: [UserHour] = try folded.rows(of: "user_hourly_attempts")
        #expect(rows.map(\.attempts) == [2, 1] && rows.map(\.revision) == [1, 0])
    }
}
