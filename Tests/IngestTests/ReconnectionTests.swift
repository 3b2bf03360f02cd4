import EventLog
import Ingest
import Testing

/// A client that connects again sends what it has queued, and then locks its fields.
@Suite struct ReconnectionTests {
    private static let lock = #"{"event":"lock_fields","fields":{"source":"org.x","tab":1}}"#
    private static let queued = #"{"event":"queued","user_id":"u1"}"#

    /// A rig in which the client was there before.
    private func rig(_ configure: (inout IngestConfiguration) -> Void = { _ in }) throws -> Rig {
        let rig = try Rig(configure)
        let before = try rig.connect()
        before.send(Self.lock, #"{"event":"a","user_id":"u1"}"#)
        before.close()
        return rig
    }

    private func queuedEvents(_ rig: Rig) throws -> [StoredEvent] { try rig.events().filter { $0.type != "a" } }

    @Test func itsEventsWaitForTheLock() throws {
        let rig = try rig()
        let client = try rig.connect()
        client.send(Self.queued, #"{"event":"second"}"#)
        #expect(try client.replies().map { $0["status"].text ?? "wake" } == ["auth", "wake"])
        #expect(try queuedEvents(rig).isEmpty)
        client.send(#"{"event":"lock_fields","fields":{"source":"org.x","tab":2}}"#, #"{"event":"third"}"#)
        let events = try queuedEvents(rig)
        #expect(events.map(\.type) == ["queued", "second", "third"])
        #expect(events.map(\.session["locked"]["tab"].number) == [2, 2, 2])
        #expect(events.allSatisfy { $0.session["restored"].value == nil })
    }

    @Test func withoutALockInTimeTheLastOneCountsAndTheRecordSaysSo() throws {
        let rig = try rig()
        let client = try rig.connect()
        client.send(Self.queued)
        client.wake()
        client.send(#"{"event":"second"}"#)
        let events = try queuedEvents(rig)
        #expect(events.map(\.type) == ["queued", "second"])
        #expect(events.allSatisfy { $0.session["locked"] == JSON(#"{"source":"org.x","tab":1}"#) })
        #expect(events.allSatisfy { $0.session["restored"].value as? Bool == true })
    }

    @Test func theLastLockIsKnownAfterARestart() throws {
        let rig = try rig()
        // Still open when the host ends.
        let open = try rig.connect()
        open.send(Self.lock, #"{"event":"a","user_id":"u1"}"#)
        try rig.restart()
        let client = try rig.connect()
        client.send(Self.queued)
        client.wake()
        #expect(try queuedEvents(rig).map(\.session["locked"]["tab"].number) == [1])
    }

    @Test func aConnectionThatEndsMeanwhileLosesNothing() throws {
        let rig = try rig()
        let client = try rig.connect()
        client.send(Self.queued)
        client.close()
        let events = try queuedEvents(rig)
        #expect(events.map(\.type) == ["queued"])
        #expect(events[0].session["restored"].value as? Bool == true)
        #expect(rig.service.counters.backlogBytes == 0)
    }

    @Test func aLockThatComesLaterIsAddedToTheLastOne() throws {
        let rig = try rig()
        let client = try rig.connect()
        client.send(Self.queued)
        client.wake()
        client.send(#"{"event":"lock_fields","fields":{"tab":3}}"#, #"{"event":"third"}"#)
        let events = try queuedEvents(rig)
        #expect(events.map(\.session["locked"]["tab"].number) == [1, 3])
        #expect(events.map { $0.session["restored"].value as? Bool } == [true, nil])
    }

    @Test func whoComesForTheFirstTimeWaitsForNothing() throws {
        let rig = try rig()
        let client = try rig.connect()
        client.send(#"{"event":"b","user_id":"u2"}"#)
        #expect(try queuedEvents(rig).map(\.type) == ["b"])
    }

    @Test func whereTheTimeIsZeroNobodyWaits() throws {
        let rig = try rig { $0.lockTime = .zero }
        let client = try rig.connect()
        client.send(Self.queued)
        #expect(try queuedEvents(rig).map(\.type) == ["queued"])
    }

    @Test func whatIsRememberedIsBounded() throws {
        let rig = try Rig { $0.lockMemory = 100 }
        for user in ["u1", "u2", "u3", "u4"] {
            let client = try rig.connect()
            client.send(Self.lock, #"{"event":"a","user_id":"\#(user)"}"#)
            client.close()
        }
        let forgotten = try rig.connect()
        forgotten.send(Self.queued)
        #expect(try queuedEvents(rig).map(\.type) == ["queued"])
    }
}
