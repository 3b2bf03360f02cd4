import PluginAPI
import Testing

@Suite("Sessions")
struct SessionsTests {
    private struct Work: SessionContent, Equatable {
        var sum = 0
        mutating func merge(_ other: Work) { sum += other.sum }
    }

    private func sessions(of minutes: [Int], most: Int = 64) -> [String] {
        var sessions = Sessions<Work>()
        for minute in minutes {
            sessions.add(at: Timestamp(seconds: Int64(minute) * 60), gap: .minutes(30), most: most) { $0.sum += minute }
        }
        return sessions.sessions.map {
            "\($0.first.seconds / 60)-\($0.last.seconds / 60): \($0.events) events, sum \($0.content.sum)"
        }
    }

    @Test("a silence as long as the gap ends no session, a longer one does")
    func gap() {
        #expect(sessions(of: [0, 30, 61]) == ["0-30: 2 events, sum 30", "61-61: 1 events, sum 61"])
    }

    @Test("an event between two sessions joins them")
    func joins() {
        #expect(sessions(of: [0, 60, 30]) == ["0-60: 3 events, sum 90"])
    }

    @Test("the order of events does not matter", arguments: 1..<10)
    func order(step: Int) {
        let minutes = [0, 5, 20, 51, 100, 125, 130, 200, 231, 300, 331]
        // A step that shares no part with 11 visits them all, in another order each.
        let other = minutes.indices.map { minutes[$0 * step % minutes.count] }
        #expect(sessions(of: other) == sessions(of: minutes))
    }

    @Test("the newest are kept")
    func limit() {
        #expect(
            sessions(of: [100, 200, 300, 0], most: 2)
                == ["200-200: 1 events, sum 200", "300-300: 1 events, sum 300"])
    }
}
