import EventLog
import Ingest
import Testing

/// Events that arrive before their connection has said who it is.
@Suite struct BacklogTests {
    @Test func goesOnUnderTheIdentityThatEndsIt() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"a"}"#, #"{"event":"lock_fields","fields":{"tab":1}}"#, #"{"event":"b"}"#)
        rig.advance(microseconds: 5)
        client.send(#"{"event":"lock_fields","fields":{"user_id":"u1"}}"#)
        #expect(try rig.events().isEmpty)
        client.send(#"{"event":"c"}"#, #"{"event":"d"}"#)
        #expect(try client.answers().count == 1)
        let events = try rig.events()
        #expect(events.map(\.type) == ["a", "b", "c", "d"])
        #expect(events.allSatisfy { $0.actor == "tc-testcase-u1" })
        // The first one has waited for the lock; each keeps its own arrival.
        #expect(events.map(\.session["locked"]["tab"].number) == [1, 1, 1, 1])
        #expect(events.map(\.session["locked"]["user_id"].text) == [nil, nil, "u1", "u1"])
        #expect(events.map(\.received) == [Rig.start, Rig.start, Rig.start + 5, Rig.start + 5])
        #expect(rig.service.counters.backlogBytes == 0)
    }

    @Test func isBoundedInEvents() throws {
        let rig = try Rig { $0.backlogEvents = 2 }
        let client = try rig.connect()
        client.send(#"{"event":"a"}"#, #"{"event":"b"}"#, #"{"event":"c"}"#)
        #expect(
            try client.errors() == [
                "2 events with 26 bytes wait for authentication, no more fit "
                    + "(ingest.limits.backlog); send an event that says who you are"
            ])
        client.send(#"{"event":"d","user_id":"u1"}"#)
        #expect(try rig.events().map(\.type) == ["a", "b", "d"])
        #expect(try rig.letters().map(\.original) == [Array(#"{"event":"c"}"#.utf8)])
    }

    @Test func isBoundedInBytes() throws {
        let rig = try Rig { $0.backlogBytes = 40 }
        let client = try rig.connect()
        client.send(#"{"event":"a"}"#, #"{"event":"b"}"#, #"{"event":"c"}"#, #"{"event":"d"}"#)
        #expect(try client.errors().count == 1)
        #expect(rig.service.counters.backlogBytes == 39)
        client.close()
        #expect(rig.service.counters.backlogBytes == 0)
        #expect(try rig.letters().count == 4)
        #expect(rig.service.counters.rejected(at: .authenticate) == 4)
    }

    @Test func isBoundedForAllConnections() throws {
        let rig = try Rig { $0.backlogTotalBytes = 30 }
        let clients = try (0..<3).map { _ in try rig.connect() }
        for client in clients { client.send(#"{"event":"a"}"#) }
        #expect(try clients.map { try $0.errors().count } == [0, 0, 1])
        clients[0].close()
        clients[2].send(#"{"event":"a"}"#)
        #expect(try clients[2].errors().isEmpty)
    }

    /// A numbered event is the client's until it is acknowledged: it sends it again.
    @Test func ofANumberingClientIsItsOwn() throws {
        let rig = try Rig()
        let first = try rig.connect("ack=1&client=c")
        first.send(#"{"event":"lock_fields","fields":{"tab":1}}"#, #"{"event":"a"}"#, #"{"event":"b"}"#, "{")
        first.send(#"{"event":"lock_fields","fields":{"tab":2}}"#)
        #expect(try first.replies().compactMap { $0["status"].text == "ack" ? $0["seq"].number : nil } == [0, 1])
        first.close()
        #expect(try rig.letters().map(\.sequence) == [nil])

        let second = try rig.connect("ack=1&client=c")
        second.send(#"{"event":"a"}"#, #"{"event":"b","user_id":"u1"}"#)
        #expect(
            try second.replies() == [
                JSON(#"{"status":"ack","seq":1}"#), JSON(#"{"status":"auth","user_id":"testcase-u1"}"#),
                JSON(#"{"status":"ack","seq":3}"#),
            ])
        #expect(try rig.events().map(\.sequence) == [2, 3])
    }

    @Test func anotherSocketMayHaveSentItMeanwhile() throws {
        let rig = try Rig()
        let slow = try rig.connect("ack=1&client=c")
        slow.send(#"{"event":"a","seq":1}"#, #"{"event":"b","seq":2}"#)
        let fast = try rig.connect("ack=1&client=c")
        fast.send(#"{"event":"a","seq":1,"user_id":"u1"}"#, #"{"event":"b","seq":2}"#, #"{"event":"c","seq":3}"#)
        slow.send(#"{"event":"d","seq":4,"user_id":"u1"}"#)
        #expect(try rig.events().map(\.sequence) == [1, 2, 3, 4])
        #expect(try slow.replies().last == JSON(#"{"status":"ack","seq":4}"#))
    }
}
