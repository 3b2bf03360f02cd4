import EventLog
import Ingest
import Records
import Testing

/// The protocol as Learning Observer's clients speak it, and where it answers better.
@Suite struct LearningObserverTests {
    @Test func withoutIdentityNothingIsSaidAndNothingIsLost() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"lock_fields","fields":{"source":"org.x"}}"#)
        let events = [#"{"event":"a"}"#, #"{"event":"b"}"#, #"{"event":"c"}"#]
        client.send(events)
        #expect(try client.answers().isEmpty)
        #expect(try rig.events().isEmpty)
        client.close()
        let letters = try rig.letters()
        #expect(letters.map(\.original) == events.map { Array($0.utf8) })
        #expect(letters.allSatisfy { $0.stage == .authenticate })
    }

    @Test(arguments: [#"{"source":"org.x"}"#, #"{"source":"org.x","user_id":"u1"}"#])
    func lockedFieldsAloneSayNothing(fields: String) throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"lock_fields","fields":\#(fields)}"#)
        #expect(try client.answers().isEmpty)
    }

    @Test func lockedIdentityAuthenticatesTheFirstEvent() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"lock_fields","fields":{"source":"org.x","user_id":"u1"}}"#, #"{"event":"save"}"#)
        #expect(try client.answers() == [.send(#"{"status":"auth","user_id":"testcase-u1"}"#)])
        let events = try rig.events()
        #expect(events.map(\.type) == ["save"])
        #expect(events[0].actor == "tc-testcase-u1")
        #expect(events[0].assertion == .authentication)
        #expect(events[0].session["locked"] == JSON(#"{"source":"org.x","user_id":"u1"}"#))
    }

    @Test func theEventThatAuthenticatesCounts() throws {
        let rig = try Rig()
        let client = try rig.connect(agent: "Firefox")
        client.send(#"{"event":"test_framework_fake_identity","user_id":"u1","source":"org.x"}"#)
        client.send(#"{"event":"b"}"#, #"{"event":"c"}"#)
        #expect(try client.replies() == [JSON(#"{"status":"auth","user_id":"testcase-u1"}"#)])
        let events = try rig.events()
        #expect(events.map(\.type) == ["test_framework_fake_identity", "b", "c"])
        #expect(events.allSatisfy { $0.actor == "tc-testcase-u1" })
        #expect(Set(events.map(\.sessionNumber)).count == 1)
        #expect(events[0].session["server"] == JSON(#"{"ip":"203.0.113.9","agent":"Firefox","origin":""}"#))
        #expect(
            events[0].session["auth"]
                == JSON(
                    """
                    {"sec":"unauthenticated","user_id":"testcase-u1","safe_user_id":"tc-testcase-u1","providence":"tc"}
                    """))
    }

    @Test(arguments: [
        "{", "[1]", "7", "{\"event\":\"x\"", "{\"event\":\"\u{1}\"}", "{\"a\":1}", "{\"event\":5}",
        "{\"event\":\"\"}", "", "{} x",
        #"{"event":"lock_fields"}"#, #"{"event":"lock_fields","fields":[1]}"#, #"{"event":"lock_fields","fields":"x"}"#,
    ])
    func aBadFrameIsAnsweredAndKept(frame: String) throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"u1"}"#, frame, #"{"event":"b"}"#)
        let replies = try client.replies()
        #expect(replies.count == 2)
        #expect(replies[1]["status"].text == "error")
        #expect(replies[1]["reason"].text?.isEmpty == false)
        #expect(replies[1].count == 2)
        #expect(try rig.events().map(\.type) == ["a", "b"])
        let letters = try rig.letters()
        #expect(letters.map(\.original) == [Array(frame.utf8)])
        #expect(letters[0].stage == .decode)
        #expect(letters[0].reason == replies[1]["reason"].text)
    }

    @Test func binaryFramesAndBrokenTextAreKept() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(bytes: Array(#"{"event":"a","user_id":"u1"}"#.utf8), isText: false)
        client.send(bytes: Array(#"{"event":""#.utf8) + [0xff] + Array(#""}"#.utf8))
        #expect(try client.errors().count == 2)
        #expect(try rig.letters().count == 2)
        #expect(try rig.events().isEmpty)
    }

    @Test(arguments: [#","source":"org.unknown""#, ""])
    func anyOrNoSourceIsTaken(source: String) throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"u1"\#(source)}"#)
        #expect(try client.answers() == [.send(#"{"status":"auth","user_id":"testcase-u1"}"#)])
        #expect(try rig.events().count == 1)
    }

    @Test func terminateCloses() throws {
        let rig = try Rig()
        let stranger = try rig.connect()
        stranger.send(#"{"event":"a"}"#, #"{"event":"terminate"}"#, #"{"event":"late"}"#)
        #expect(try stranger.answers() == [.close(1000, "")])
        let letters = try rig.letters().map { String(decoding: $0.original, as: UTF8.self) }
        #expect(letters == [#"{"event":"late"}"#, #"{"event":"a"}"#])

        let known = try rig.connect()
        known.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"terminate"}"#)
        #expect(try known.answers().last == .close(1000, ""))
        #expect(try rig.events().map(\.type) == ["a"])
    }

    /// The payload stays as it arrived; the session's `auth`, which wins, is the server's.
    @Test func aClientCantSayWhoTheServerThinksItIs() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(
            #"{"event":"lock_fields","fields":{"auth":{"user_id":"root"},"\u0061uth":1,"server":{"ip":"1.1.1.1"},"kept":1}}"#,
            #"{"event":"a","user_id":"u1","auth":{"user_id":"root"}}"#)
        let event = try #require(try rig.events().first)
        #expect(event.actor == "tc-testcase-u1")
        #expect(event.session["auth"]["user_id"].text == "testcase-u1")
        #expect(event.session["locked"] == JSON(#"{"kept":1}"#))
        #expect(event.session["server"]["ip"].text == "203.0.113.9")
    }

    @Test func idsAreQuoted() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"a b,STUDENT:x/../\#u{e9}"}"#)
        #expect(try client.replies() == [JSON(#"{"status":"auth","user_id":"testcase-a b,STUDENT:x/../\#u{e9}"}"#)])
        #expect(try rig.events()[0].actor == "tc-testcase-a+b%2CSTUDENT%3Ax%2F..%2F%C3%A9")
    }

    @Test(arguments: ["5", "true", "{}", "[]"])
    func anIdThatIsNoTextIsAnswered(id: String) throws {
        let rig = try Rig { $0.authentication = [.testcase, .guest] }
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":\#(id)}"#, #"{"event":"b","user_id":"u1"}"#)
        #expect(try client.replies().map { $0["status"].text } == ["error", "auth"])
        #expect(try rig.events().map(\.type) == ["b"])
        #expect(try rig.letters()[0].stage == .authenticate)
    }

    @Test func identityNeverChanges() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"u1"}"#, #"{"event":"b","user_id":"u2"}"#, #"{"event":"c","user_id":5}"#)
        #expect(try client.answers().count == 1)
        #expect(try rig.events().map(\.actor) == Array(repeating: "tc-testcase-u1", count: 3))
    }

    @Test func guestsGetAnId() throws {
        let rig = try Rig { $0.authentication = [.guest] }
        let client = try rig.connect()
        client.send(#"{"event":"a"}"#)
        let id = try #require(try client.replies().first?["user_id"].text)
        #expect(id.count == 32 && id.allSatisfy(\.isHexDigit))
        #expect(try rig.events()[0].actor == "guest-" + id)
    }

    @Test func eventsUpToTheLimitAreTaken() throws {
        let rig = try Rig()
        let client = try rig.connect()
        let large = String(repeating: "x", count: 3_900_000)
        client.send(#"{"event":"a","user_id":"u1","text":"\#(large)"}"#)
        client.send(#"{"event":"b","text":"\#(large)\#(large)"}"#)
        #expect(try client.errors().count == 1)
        #expect(try rig.events().map(\.type) == ["a"])
        #expect(try rig.letters().map(\.stage) == [.protect])
    }

    @Test func twoSocketsOfOneStudentLoseNothing() throws {
        let rig = try Rig()
        let sockets = try [rig.connect(), rig.connect()]
        for socket in sockets { socket.send(#"{"event":"hello","user_id":"u1"}"#) }
        for number in 1..<2_000 {
            for (index, socket) in sockets.enumerated() {
                socket.send(#"{"event":"save","n":\#(number),"socket":\#(index)}"#)
            }
        }
        let events = try rig.events()
        #expect(events.count == 4_000)
        #expect(Set(events.map(\.payload)).count == 3_999)
        #expect(Set(events.map(\.actor)) == ["tc-testcase-u1"])
        #expect(Set(events.map(\.partition)).count == 1)
    }
}
