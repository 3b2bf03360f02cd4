import PluginTesting
import Testing

@Suite("Realtime metrics", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct RealtimeMetricsTests {
    struct Rate: Decodable, Equatable {
        var minute: String
        var type: String
        var events: Int
        var events_per_second: Double
    }

    struct Lag: Decodable, Equatable {
        var minute: String
        var type: String
        var lag_count: Int
        var lag_seconds_sum: Double
        var lag_seconds_max: Double
        var average_lag_seconds: Double
        var lag_seconds_p95: Double
        var ahead_count: Int
    }

    private func event(_ type: String, _ time: String, of learner: String = "ada") -> String {
        #"{"event_type":"\#(type)","user_id":"\#(learner)","timestamp":"\#(time)"}"#
    }

    @Test("events are counted by minute and type, whoever sends them")
    func rates() throws {
        let lines = [
            event("login", "2025-01-26T10:00:00Z"), event("login", "2025-01-26T10:00:59.9Z", of: "bea"),
            event("quiz", "2025-01-26T10:00:30Z", of: "cyd"), event("login", "2025-01-26T10:01:00Z"),
            event("login", "2025-01-26T11:00:00Z", of: "dan"),
        ]
        let folded = try PluginUnderTest("realtime-metrics").foldEveryWay(.lines(lines))
        #expect(folded.deadLetters.isEmpty)
        func rate(_ time: String, _ type: String, _ events: Int) -> Rate {
            Rate(minute: "2025-01-26T\(time):00Z", type: type, events: events, events_per_second: Double(events) / 60)
        }
        #expect(
            try folded.rows(of: "event_rates") == [
                rate("10:00", "login", 2), rate("10:00", "quiz", 1), rate("10:01", "login", 1),
                rate("11:00", "login", 1),
            ])
    }
}
