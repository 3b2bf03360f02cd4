import Ingest
import Testing

/// Events whose time is of the future.
@Suite struct SkewTests {
    private let rig: Rig
    private let client: TestClient

    init() throws {
        rig = try Rig {
            $0.trust = .loopback
            $0.skew = 60_000_000
        }
        client = try rig.connect(from: "127.0.0.1")
    }

    private func event(aheadBy seconds: Int64) -> String {
        #"{"event":"a","user_id":"u","timestamp":\#((Rig.start + seconds * 1_000_000) / 1000)}"#
    }

    @Test func aClockThatIsAheadByLessIsBelieved() throws {
        client.send(event(aheadBy: 60), event(aheadBy: -1_000_000))
        let events = try rig.events()
        #expect(events.map { $0.time - $0.received } == [60_000_000, -1_000_000_000_000])
        #expect(events.allSatisfy { $0.isTimeClaimed && !$0.isTimeClamped })
        #expect(rig.service.counters.clamped == 0)
    }

    @Test func oneThatIsAheadByMoreIsNot() throws {
        client.send(event(aheadBy: 61), event(aheadBy: 1_000_000_000))
        let events = try rig.events()
        #expect(events.allSatisfy { $0.time == $0.received && $0.isTimeClaimed && $0.isTimeClamped })
        #expect(events.map(\.payload) == [event(aheadBy: 61), event(aheadBy: 1_000_000_000)])
        #expect(rig.service.counters.clamped == 2)
    }
}
