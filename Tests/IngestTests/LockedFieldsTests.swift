import Ingest
import Testing

@Suite struct LockedFieldsTests {
    @Test func laterLocksAreAddedAlsoWithTheSameSource() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(
            #"{"event":"lock_fields","fields":{"source":"org.x","version":"1"}}"#,
            #"{"event":"lock_fields","fields":{"version":"2","source":"org.x","more":true}}"#,
            #"{"event":"lock_fields","fields":{"browserInfo":{"a":[1,"}"]},"version":"3"}}"#,
            #"{"event":"a","user_id":"u1"}"#)
        let locked = try rig.events()[0].session["locked"]
        #expect(locked == JSON(#"{"source":"org.x","version":"3","more":true,"browserInfo":{"a":[1,"}"]}}"#))
    }

    @Test func anotherSourceIsLocked() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(
            #"{"event":"lock_fields","fields":{"source":"org.x"}}"#,
            #"{"event":"lock_fields","fields":{"source":"org.y","more":1}}"#, #"{"event":"a","user_id":"u1"}"#)
        #expect(try rig.events()[0].session["locked"] == JSON(#"{"source":"org.y","more":1}"#))
    }

    @Test func eachChangeIsASessionRecordOfItsOwn() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"u1"}"#)
        client.send(#"{"event":"lock_fields","fields":{"tab":1}}"#)
        client.send(#"{"event":"lock_fields","fields":{"tab":2}}"#, #"{"event":"b"}"#, #"{"event":"c"}"#)
        let events = try rig.events()
        #expect(events.map(\.session["locked"]["tab"].number) == [nil, 2, 2])
        #expect(events[0].sessionNumber != events[1].sessionNumber)
        #expect(events[1].sessionNumber == events[2].sessionNumber)
        #expect(events[1].session["auth"]["user_id"].text == "testcase-u1")
    }

    /// As a whole: what a locked member does not have, the event's member of that name does not have either.
    @Test func lockedMembersWinOverTheEventsOwn() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(
            #"{"event":"a","user_id":"u1","metadata":{"ts":1000}}"#,
            #"{"event":"lock_fields","fields":{"event":"renamed","event_type":"too","metadata":{"iso_ts":"bad"}}}"#,
            #"{"event":"b","metadata":{"ts":1000}}"#,
            #"{"event":"lock_fields","fields":{"metadata":{"iso_ts":"1970-01-01T00:00:02Z"}}}"#,
            #"{"event":"c","metadata":{"ts":1000}}"#)
        let events = try rig.events()
        #expect(events.map(\.type) == ["a", "b", "c"])
        #expect(events.map(\.time) == [1_000_000, Rig.start, 2_000_000])
        #expect(events.map(\.isTimeClaimed) == [true, false, true])
        #expect(events.map(\.payload)[1] == #"{"event":"b","metadata":{"ts":1000}}"#)
    }

    @Test func tooManyAreRefused() throws {
        let rig = try Rig { $0.lockedBytes = 64 }
        let client = try rig.connect()
        let long = String(repeating: "x", count: 60)
        client.send(
            #"{"event":"lock_fields","fields":{"a":1}}"#, #"{"event":"lock_fields","fields":{"b":"\#(long)"}}"#,
            #"{"event":"e","user_id":"u1"}"#)
        #expect(try client.errors().count == 1)
        #expect(try rig.events()[0].session["locked"] == JSON(#"{"a":1}"#))
        #expect(try rig.letters().count == 1)
    }
}
