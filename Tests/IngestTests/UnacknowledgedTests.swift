import Ingest
import Testing

/// `ingest.limits.unacknowledged`.
@Suite struct UnacknowledgedTests {
    private let event = #"{"event":"a","user_id":"u1"}"#

    @Test func aConnectionWithTooMuchThatIsNotDurableIsNotReadUntilItIs() throws {
        let rig = try Rig { $0.unacknowledged = 3 }
        let client = try rig.connect()
        client.send(Array(repeating: event, count: 4))
        let outputs = try client.answers()
        let pause = outputs.firstIndex(of: .stopReading)
        let end = outputs.firstIndex(of: .readOn)
        #expect(pause != nil && end != nil && pause! < end!)
        // Nothing of it waits any more.
        client.send(Array(repeating: event, count: 3))
        #expect(try !client.answers().contains(.stopReading))
        #expect(try rig.events().count == 7)
    }

    @Test func framesThatComeToNothingDoNotCountForEver() throws {
        let rig = try Rig { $0.unacknowledged = 3 }
        let client = try rig.connect()
        client.send(event)
        _ = try client.answers()
        // A change of the locked fields is written with the next event.
        for _ in 0..<5 { client.send(#"{"event":"lock_fields","fields":{"a":1}}"#) }
        client.send(event)
        #expect(try !client.answers().contains(.stopReading))
    }
}
