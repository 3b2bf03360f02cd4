import EventLog
import Ingest
import Testing

/// `?ack=1&client=ID[&seq=N]`.
@Suite struct AcknowledgementTests {
    private func ack(_ number: Int) -> JSON { JSON("{\"status\":\"ack\",\"seq\":\(number)}") }

    @Test func oneForEachReadWhenDurable() throws {
        let rig = try Rig()
        let client = try rig.connect("ack=1&client=c")
        #expect(try client.replies() == [ack(0)])
        client.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"b"}"#, #"{"event":"c"}"#)
        #expect(try client.replies() == [JSON(#"{"status":"auth","user_id":"testcase-u1"}"#), ack(3)])
        client.send(#"{"event":"d"}"#)
        #expect(try client.replies() == [ack(4)])
        #expect(try rig.events().map(\.sequence) == [1, 2, 3, 4])
        #expect(try rig.events().allSatisfy { $0.client == "public/c" })
    }

    @Test func aResumedClientSendsWhatItWasNotTold() throws {
        let rig = try Rig()
        let first = try rig.connect("ack=1&client=c")
        first.send(#"{"event":"lock_fields","fields":{"user_id":"u1"}}"#, #"{"event":"a"}"#, #"{"event":"b"}"#)
        first.close()
        try rig.restart()

        let second = try rig.connect("ack=1&client=c&seq=1")
        #expect(try second.replies() == [ack(3)])
        // From the beginning: the first three are known, and still lock the fields and say who it is.
        second.send(
            #"{"event":"lock_fields","fields":{"user_id":"u1"}}"#, #"{"event":"a"}"#, #"{"event":"b"}"#,
            #"{"event":"c"}"#)
        #expect(try second.replies() == [JSON(#"{"status":"auth","user_id":"testcase-u1"}"#), ack(4)])
        #expect(try rig.events().map(\.type) == ["a", "b", "c"])
        #expect(rig.service.counters.duplicates == 3)
        #expect(rig.service.counters.accepted == 1)
    }

    @Test func aZeroSetsTheSessionUp() throws {
        let rig = try Rig()
        let first = try rig.connect("ack=1&client=c")
        first.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"b"}"#)
        first.close()
        try rig.log.flush()
        let second = try rig.connect("ack=1&client=c")
        second.send(
            #"{"event":"lock_fields","fields":{"tab":2},"seq":0}"#, #"{"event":"hello","user_id":"u1","seq":0}"#)
        second.send(#"{"event":"c"}"#)
        #expect(try second.replies() == [ack(2), JSON(#"{"status":"auth","user_id":"testcase-u1"}"#), ack(3)])
        let events = try rig.events()
        #expect(events.map(\.type) == ["a", "b", "c"])
        #expect(events[2].session["locked"]["tab"].number == 2)
    }

    @Test func framesMayNameTheirNumber() throws {
        let rig = try Rig()
        let client = try rig.connect("ack=1&client=c")
        client.send(
            #"{"event":"a","user_id":"u1","seq":5}"#, #"{"event":"b"}"#, #"{"event":"c","seq":5}"#,
            #"{"event":"d","seq":"x"}"#, #"{"event":"e","seq":9}"#)
        #expect(try client.replies().last == ack(9))
        #expect(try rig.events().map(\.sequence) == [5, 6, 9])
    }

    @Test func withoutAckNothingIsSaidButNumbersCount() throws {
        let rig = try Rig()
        for _ in 0..<2 {
            let client = try rig.connect("client=c&seq=1")
            client.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"b"}"#)
            #expect(try client.replies().map { $0["status"].text } == ["auth"])
            client.close()
        }
        #expect(try rig.events().map(\.sequence) == [1, 2])
    }

    @Test func aBadFrameIsDurableInTheDeadLetters() throws {
        let rig = try Rig()
        let client = try rig.connect("ack=1&client=c")
        client.send(#"{"event":"a","user_id":"u1"}"#, "{", #"{"event":"b"}"#, "[]")
        let replies = try client.replies()
        #expect(replies.last == ack(4))
        #expect(replies.compactMap { $0["status"].text == "error" ? $0["seq"].number : nil } == [2, 4])
        #expect(try rig.letters().map(\.sequence) == [2, 4])
        client.close()
        try rig.restart()
        let again = try rig.connect("ack=1&client=c&seq=2")
        again.send("{", #"{"event":"b"}"#, "[]")
        #expect(try again.replies() == [ack(4), ack(4)])
        #expect(try rig.letters().count == 2)
    }

    @Test func theMarkCountsWhatNoRecordHolds() throws {
        let rig = try Rig()
        let client = try rig.connect("ack=1&client=c")
        client.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"lock_fields","fields":{"a":1}}"#)
        client.send(#"{"event":"terminate"}"#)
        #expect(try client.replies().suffix(2) == [ack(3), JSON(#"{"close":1000}"#)])
        client.close()
        try rig.restart()
        #expect(try rig.connect("ack=1&client=c").replies() == [ack(3)])
    }

    @Test func aSecondSocketIsToldOnlyWhatIsDurable() throws {
        let rig = try Rig()
        let first = try rig.connect("ack=1&client=c")
        first.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"b"}"#)
        // Perhaps before the disk has it: then its answer waits.
        let second = try rig.connect("ack=1&client=c")
        second.send(#"{"event":"c","user_id":"u1"}"#)
        let replies = try second.replies()
        #expect(replies.count == 3 && replies.contains(ack(2)) && replies.last == ack(3))
        #expect(try rig.events().map(\.sequence) == [1, 2, 3])
    }

    @Test func clientsDontShareNumbers() throws {
        let rig = try Rig()
        for client in ["c", "d", "c/d"] {
            let socket = try rig.connect("ack=1&client=\(client)")
            socket.send(#"{"event":"a","user_id":"u1"}"#)
            #expect(try socket.replies().last == ack(1))
        }
        #expect(try rig.events().map(\.client) == ["public/c", "public/d", "public/c/d"])
    }

    @Test(arguments: [
        ("ack=1", 400), ("ack=2&client=c", 400), ("client=", 400), ("client=c&seq=0", 400), ("client=c&seq=x", 400),
        ("seq=3", 400), ("source=nowhere", 404), ("client=" + String(repeating: "c", count: 2_000), 400),
    ])
    func whatCantBeIsRefused(query: String, status: Int) throws {
        let rig = try Rig()
        let peer = IngestPeer(ip: "127.0.0.1")
        #expect { try rig.service.connection(from: peer, query: query) } throws: { error in
            (error as? IngestRefusal)?.status == status
        }
    }

    @Test func namesArePercentDecoded() throws {
        let rig = try Rig()
        let socket = try rig.connect("ack=1&client=a+b%2Fc%C3%A9%")
        socket.send(#"{"event":"a","user_id":"u1"}"#)
        #expect(try rig.events()[0].client == "public/a b/c\u{e9}%")
    }

    @Test func readingStopsWhileTheDiskIsBehind() throws {
        let rig = try Rig(bufferBytes: 1 << 16)
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"u1","text":"\#(String(repeating: "x", count: 50_000))"}"#)
        client.send(#"{"event":"b"}"#)
        let outputs = try client.answers().dropFirst()
        // Unless the disk was so quick that it never was behind.
        #expect(outputs.isEmpty || outputs.prefix(2) == [.stopReading, .readOn])
        #expect(try rig.events().map(\.type) == ["a", "b"])
    }

    @Test func connectionsAreCountedAndBounded() throws {
        let rig = try Rig { $0.connections = 2 }
        let first = try rig.connect()
        let second = try rig.connect("ack=1&client=c")
        #expect(rig.service.counters.connections == 2)
        #expect(throws: IngestRefusal.self) { try rig.connect() }
        first.close()
        first.close()
        #expect(rig.service.counters.connections == 1)
        _ = try rig.connect()
        _ = second
    }
}
