/// Attempts of some learners, one a second for each: events for windows.
struct Attempts {
    /// Seconds since 1970 UTC of each event, in the order of the lines.
    private(set) var events: [(time: Int, learner: Int, number: Int)]

    static let start = 1_737_885_600  // 2025-01-26T10:00:00Z

    /// - Parameter seconds: from the first event to the last.
    init(learners: Int, seconds: Int, every step: Int = 1) {
        events = stride(from: 0, to: seconds, by: step).flatMap { second in
            (0..<learners).map { (Self.start + second, $0, second * learners + $0) }
        }
    }

    /// The same events in another order, in which none comes more than `disorder` seconds behind a later one.
    func shuffled(within disorder: Int, using generator: inout SeededGenerator) -> Attempts {
        var shuffled = self
        shuffled.events = events.map { (at: $0.time + Int.random(in: 0...disorder, using: &generator), event: $0) }
            .sorted { ($0.at, $0.event.number) < ($1.at, $1.event.number) }.map(\.event)
        return shuffled
    }

    var lines: [String] {
        events.map { Self.line(at: $0.time, learner: $0.learner, number: $0.number) }
    }

    static func line(at time: Int, learner: Int, number: Int) -> String {
        #"{"event_type":"attempt","event_id":"e\#(number)","user_id":"learner-\#(learner)","item_id":"i\#(number % 7)","#
            + #""correct":\#(number % 3 != 0),"response_time_ms":\#(number % 50 * 100),"session_id":"s\#(time / 900)","#
            + #""jurisdiction":"\#(["SE", "NO", "DK"][learner % 3])","timestamp":\#(time * 1_000)}"#
    }
}
