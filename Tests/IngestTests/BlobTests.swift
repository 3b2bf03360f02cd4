import EventLog
import Ingest
import KeyValueStore
import Testing

/// The values that clients keep here.
@Suite struct BlobTests {
    private static let lock = #"{"event":"lock_fields","fields":{"source":"org.x","activity":"act, 1","user_id":"u1"}}"#

    private func fetched(_ client: TestClient) async throws -> [JSON] {
        client.send(#"{"event":"fetch_blob"}"#)
        try await client.work()
        return try client.replies().filter { $0["status"].text == "fetch_blob" }
    }

    @Test func whereNothingWasStoredNullIsTheAnswer() async throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(Self.lock)
        #expect(try await fetched(client) == [JSON(#"{"status":"fetch_blob","data":null}"#)])
    }

    @Test(arguments: [#"{"a":[1,"}"],"b":"\u00e9"}"#, "[]", "7", "true", "null", #""text""#])
    func theLastValueIsTheAnswer(value: String) async throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(Self.lock, #"{"event":"save_blob","blob":1}"#, #"{"event":"save_blob","blob":\#(value)}"#)
        #expect(try await fetched(client) == [JSON(#"{"status":"fetch_blob","data":\#(value)}"#)])
    }

    @Test func anotherSessionOfTheActorGetsItAfterARestartToo() async throws {
        let rig = try Rig()
        let one = try rig.connect()
        one.send(Self.lock, #"{"event":"save_blob","blob":{"theme":"dark"}}"#)
        #expect(try await fetched(one)[0]["data"]["theme"].text == "dark")
        one.close()
        try rig.restart()
        let other = try rig.connect()
        other.send(Self.lock)
        #expect(try await fetched(other)[0]["data"]["theme"].text == "dark")
    }

    @Test(arguments: [
        #"{"source":"org.x","activity":"act, 1","user_id":"u2"}"#,
        #"{"source":"org.y","activity":"act, 1","user_id":"u1"}"#,
        #"{"source":"org.x","activity":"act, 2","user_id":"u1"}"#,
    ])
    func anotherActorSourceOrActivityHasItsOwn(fields: String) async throws {
        let rig = try Rig()
        let one = try rig.connect()
        one.send(Self.lock, #"{"event":"save_blob","blob":1}"#)
        let other = try rig.connect()
        other.send(#"{"event":"lock_fields","fields":\#(fields)}"#)
        #expect(try await fetched(other) == [JSON(#"{"status":"fetch_blob","data":null}"#)])
    }

    @Test func theyAreRecordsLikeOthers() async throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(Self.lock, #"{"event":"save_blob","blob":1}"#, #"{"event":"fetch_blob"}"#)
        let events = try rig.events()
        #expect(events.map(\.type) == ["save_blob", "fetch_blob"])
        #expect(events.allSatisfy { $0.fields == #"{"source":"org.x","activity":"act, 1"}"# })
    }

    /// The store is no more than a view of the log.
    @Test func aStoreThatForgotIsFilledFromTheLog() async throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(Self.lock, #"{"event":"save_blob","blob":5}"#)
        try rig.log.flush()
        try await rig.store.clear()
        try rig.restart()
        let other = try rig.connect()
        other.send(Self.lock)
        #expect(try await fetched(other) == [JSON(#"{"status":"fetch_blob","data":5}"#)])
    }

    @Test(arguments: [
        (#"{"event":"fetch_blob"}"#, "lock \"source\" and \"activity\" first"),
        (#"{"event":"save_blob","blob":1,"source":"org.x"}"#, "lock \"source\" and \"activity\" first"),
        (#"{"event":"save_blob","source":"a","activity":"b"}"#, "expected the member \"blob\""),
        (
            #"{"event":"save_blob","source":"a","activity":"b","blob":"0123456789"}"#,
            "the blob has 12 bytes, at most 8 are allowed (ingest.limits.blob)"
        ),
    ])
    func whatCantBeServedIsAnswered(event: String, reason: String) throws {
        let rig = try Rig { $0.blobBytes = 8 }
        let client = try rig.connect()
        client.send(#"{"event":"a","user_id":"u1"}"#, event)
        let errors = try client.errors()
        #expect(errors.count == 1 && errors[0].contains(reason), "\(errors)")
        #expect(try rig.events().map(\.type) == ["a"])
    }
}
