import EventLog
import Ingest
import Records
import Testing

/// `ingest.trust: loopback`.
@Suite struct TrustTests {
    private func rig(_ configure: (inout IngestConfiguration) -> Void = { _ in }) throws -> Rig {
        try Rig { configuration in
            configuration.trust = .loopback
            configure(&configuration)
        }
    }

    @Test func eventsNameTheirActor() throws {
        let rig = try rig()
        let client = try rig.connect("client=c", from: "127.0.0.1")
        client.send(
            #"{"event":"a","user_id":"u1"}"#, #"{"event":"b","username":"u2","user_id":""}"#,
            #"{"event":"c","actor":"u3"}"#, #"{"event":"d"}"#)
        let events = try rig.events()
        #expect(events.map(\.actor) == ["u1", "u2", "u3", ""])
        #expect(events.map(\.assertion) == [.connection, .connection, .connection, .nobody])
        #expect(Set(events.map(\.sessionNumber)).count == 1)
        #expect(events[0].session["auth"] == JSON(#"{"sec":"none","providence":"connection"}"#))
    }

    @Test(arguments: ["::1", "127.0.0.1", "127.8.0.1", "::ffff:127.0.0.1"])
    func thisMachineIsTrusted(ip: String) throws {
        let rig = try rig()
        let client = try rig.connect(from: ip)
        client.send(#"{"event":"a"}"#)
        #expect(try rig.events().count == 1)
    }

    @Test func othersAndProxiesAreNot() throws {
        let rig = try rig()
        let other = try rig.connect(from: "10.0.0.1")
        other.send(#"{"event":"a","user_id":"u1"}"#)
        #expect(try rig.events().map(\.actor) == ["tc-testcase-u1"])
        let forwarded = IngestPeer(ip: "127.0.0.1", isForwarded: true)
        #expect(throws: IngestRefusal.self) { try rig.service.connection(from: forwarded, query: "source=x") }
        let client = try TestClient(rig, rig.service.connection(from: forwarded), IngestWorkspace(rig.configuration))
        client.send(#"{"event":"a"}"#)
        #expect(try rig.events().count == 1)
    }

    /// A connection without `client` is one person's, as Learning Observer's are.
    @Test func aPersonIsToldWhoItIs() throws {
        let rig = try rig()
        let client = try rig.connect(from: "127.0.0.1")
        client.send(
            #"{"event":"early"}"#, #"{"event":"test_framework_fake_identity","user_id":"u1"}"#, #"{"event":"save"}"#)
        client.send(#"{"event":"other","user_id":"u2"}"#, #"{"event":"save"}"#)
        #expect(try client.replies() == [JSON(#"{"status":"auth","user_id":"testcase-u1"}"#)])
        #expect(try rig.events().map(\.actor) == ["", "u1", "u1", "u2", "u1"])
    }

    @Test func anActorThatIsNoTextIsAnswered() throws {
        let rig = try rig { $0.actorFields = ["student"] }
        let client = try rig.connect(from: "127.0.0.1")
        client.send(#"{"event":"a","student":5}"#, #"{"event":"b","student":null}"#, #"{"event":"c","user_id":5}"#)
        #expect(try client.errors() == ["\"student\" is a number, expected a text"])
        #expect(try rig.events().map(\.type) == ["b", "c"])
    }

    @Test func lockedActorsWin() throws {
        let rig = try rig()
        let client = try rig.connect(from: "127.0.0.1")
        client.send(#"{"event":"lock_fields","fields":{"user_id":"u1"}}"#, #"{"event":"a","user_id":"u2"}"#)
        #expect(try rig.events().map(\.actor) == ["u1"])
    }

    @Test func namesAreBounded() throws {
        let rig = try rig { $0.nameBytes = 16 }
        let client = try rig.connect(from: "127.0.0.1")
        let long = String(repeating: "x", count: 17)
        client.send(#"{"event":"\#(long)"}"#, #"{"event":"a","user_id":"\#(long)"}"#, #"{"event":"b","user_id":"u"}"#)
        #expect(try client.errors().count == 2)
        #expect(try rig.events().map(\.type) == ["b"])
    }
}
