import EventLog
import Foundation
import Ingest
import Records
import Testing

/// What `POST /api/events/…` takes of events.
@Suite struct SchemaTests {
    private let rig: Rig

    init() throws { rig = try Rig { $0.trust = .loopback } }

    private func post(
        _ body: String, to published: PublishedEvent, from ip: String = "127.0.0.1"
    ) async -> (status: Int, body: JSON) {
        var request = EventRequest(peer: IngestPeer(ip: ip), body: Array(body.utf8))
        request.published = published
        let answer = await rig.service.answer(request)
        return (answer.status, JSON(answer.body))
    }

    @Test(arguments: [
        (PublishedEvent.login, #"{"user_id":"u"}"#), (.domain, #"{"user_id":"u","domain":"dsa"}"#),
        (.diagnostic, #"{"user_id":"u","domain":"dsa","score":0,"module":null}"#),
        (
            .quiz,
            #"{"user_id":"u","domain":"dsa","module":"m","event_type":"module_quiz_completed","score":85,"time_taken":420,"#
                + #""timestamp":"2025-01-26T10:30:00Z","attempt":3}"#
        ), (.completion, #"{"username":"u","domain":"dsa","module":"m","timestamp":1737887400000}"#),
        (
            .revision,
            #"{"user_id":"u","domain":"dsa","module":"m","urgency":"high","scheduled_at":"2025-01-27T10:30:00Z"}"#
        ),
    ])
    func whatFitsIsTaken(published: PublishedEvent, body: String) async throws {
        let answer = await post(body, to: published)
        #expect(answer.status == 200 && answer.body["accepted"].number == 1, "\(answer)")
        #expect(try rig.events().map(\.type) == [published.schema.type])
        #expect(try rig.letters().isEmpty)
    }

    @Test(arguments: [
        (PublishedEvent.login, #"{"domain":"d"}"#, "user_id: found nothing, expected a text of 1 to 1024 bytes"),
        (.domain, #"{"user_id":"u","domain":""}"#, #"domain: found the text "", expected a text of 1 to 1024 bytes"#),
        (
            .diagnostic, #"{"user_id":"u","domain":"d","score":"85"}"#,
            #"score: found the text "85", expected a number from 0 to 100"#
        ),
        (.quiz, #"{"user_id":"u","domain":"d","module":"m"}"#, "score: found nothing, expected a number from 0 to 100"),
        (
            .quiz, #"{"user_id":"u","domain":"d","module":"m","score":100.5}"#,
            "score: found 100.5, expected a number from 0 to 100"
        ),
        (
            .quiz, #"{"user_id":"u","domain":"d","module":null,"score":1}"#,
            "module: found null, expected a text of 1 to 1024 bytes"
        ),
        (
            .quiz, #"{"user_id":"u","domain":"d","module":"m","score":1,"time_taken":-1}"#,
            "time_taken: found -1, expected a number from 0 to 1000000000"
        ),
        (
            .quiz, #"{"user_id":"u","domain":"d","module":"m","score":1,"timestamp":"yesterday"}"#,
            #"timestamp: found the text "yesterday", expected a time in RFC 3339 or in milliseconds since 1970"#
        ),
        (
            .completion, #"{"user_id":"u","domain":"d","module":"m","event_type":"module_started"}"#,
            #"event_type: found the text "module_started", expected "module_completed""#
        ),
        (
            .completion, #"{"user_id":"u","domain":"d","module":"m","event":"module_started"}"#,
            #"event: found the text "module_started", expected "module_completed""#
        ),
        (
            .revision, #"{"user_id":"u","domain":"d","module":"m","urgency":true}"#,
            #"urgency: found true, expected "high" or "medium" or "low""#
        ),
    ])
    func whatDoesNotFitIsRefusedByField(published: PublishedEvent, body: String, reason: String) async throws {
        let answer = await post(body, to: published)
        #expect(answer.status == 400)
        #expect(answer.body["rejected"][0]["reason"].text == reason, "\(answer)")
        let letters = try rig.letters()
        #expect(letters.map(\.code) == [.unfit] && letters.map(\.stage) == [.decode])
        #expect(letters.map(\.reason) == [reason] && letters.map(\.original) == [Array(body.utf8)])
        #expect(try rig.events().isEmpty)
    }

    @Test func othersOfTheRequestAreTaken() async throws {
        let event = #"{"user_id":"u","domain":"d","module":"m","score":"#
        let answer = await post("[\(event)1},\(event)null},\(event)3}]", to: .quiz)
        #expect(answer.status == 200 && answer.body["accepted"].number == 2)
        #expect(answer.body["rejected"][0]["index"].number == 1 && answer.body["rejected"].count == 1)
    }

    /// An identity says whose the event is, so that it need not.
    @Test func aTokenMaySayWhoItIs() async throws {
        let body = #"[{"user_id":"u1","domain":"d"},{"domain":"e"}]"#
        let answer = await post(body, to: .domain, from: "10.0.0.1")
        #expect(answer.status == 200, "\(answer)")
        #expect(try rig.events().map(\.actor) == ["tc-testcase-u1", "tc-testcase-u1"])
    }

    @Test func whatIsLockedCountsAsTheEvents() async throws {
        let lock = #"{"event":"lock_fields","fields":{"domain":"d","score":300}}"#
        let answer = await post(#"[\#(lock),{"user_id":"u","module":"m","score":3}]"#, to: .quiz)
        #expect(
            answer.body["rejected"][0]["reason"].text == "score: found 300, expected a number from 0 to 100",
            "\(answer)")
    }

    @Test func otherAddressesTakeWhatTheyTook() async throws {
        var request = EventRequest(
            peer: IngestPeer(ip: "127.0.0.1"), body: Array(#"{"event_type":"module_quiz_completed","score":300}"#.utf8))
        request.contentType = "application/json"
        #expect(await rig.service.answer(request).status == 200)
    }
}
