import EventLog
import Foundation
import Ingest
import Records
import Testing

/// `POST /api/v1/events` and `/api/events/…`.
@Suite struct RequestTests {
    private let rig: Rig

    init() throws { rig = try Rig { $0.trust = .loopback } }

    private func post(
        _ body: String, query: String = "", type: String = "", from ip: String = "127.0.0.1",
        _ change: (inout EventRequest) -> Void = { _ in }
    ) async -> (status: Int, body: JSON) {
        var request = EventRequest(peer: IngestPeer(ip: ip), body: Array(body.utf8))
        request.query = query
        request.contentType = type
        change(&request)
        let answer = await rig.service.answer(request)
        return (answer.status, JSON(answer.body))
    }

    private func summary(_ accepted: Int, duplicates: Int = 0) -> JSON {
        JSON("{\"accepted\":\(accepted),\"duplicates\":\(duplicates),\"rejected\":[]}")
    }

    @Test(arguments: [
        ("{\"event\":\"a\",\"user_id\":\"u1\"}", "", 1),
        ("{\n  \"event\": \"a\",\n  \"x\": [\n 1]\n}\n", "application/json", 1),
        ("[{\"event\":\"a\"} , {\"event\":\"b\",\"t\":\"]}\\\"\"}]", "", 2), ("\n [ {\"event\":\"a\"}\n]\n", "", 1),
        ("{\"event\":\"a\"}\n{\"event\":\"b\"}", "", 2), ("{\"event\":\"a\"}\r\n\r\n{\"event\":\"b\"}\r\n", "", 2),
        ("{\"event\":\"a\"}\n", "application/x-ndjson; charset=utf-8", 1),
    ])
    func oneManyOrLines(body: String, type: String, count: Int) async throws {
        let answer = await post(body, type: type)
        #expect(answer == (200, summary(count)))
        let events = try rig.events()
        #expect(events.map(\.type) == Array(["a", "b"].prefix(count)))
        #expect(events.allSatisfy { $0.payload.hasPrefix("{") && $0.payload.hasSuffix("}") })
    }

    @Test func eachBadEventIsNamed() async throws {
        let answer = await post(#"[{"event":"a"}, 5, {"event":"b"}, {"x":1}, {"event":"c","user_id":7}]"#)
        #expect(answer.status == 200)
        #expect(answer.body["accepted"].number == 2)
        #expect((0..<3).map { answer.body["rejected"][$0]["index"].number } == [1, 3, 4])
        #expect(
            try rig.letters().map { String(decoding: $0.original, as: UTF8.self) }
                == ["5", #"{"x":1}"#, #"{"event":"c","user_id":7}"#])
    }

    @Test(arguments: [
        "{", "[{\"event\":\"a\"}", "[{\"event\":\"a\"}] x", "[{\"event\":\"a\"},]", "hello", "{\"event\":\"a\"}}",
    ])
    func nothingButABadEvent(body: String) async throws {
        let answer = await post(body)
        #expect(answer.status == 400)
        #expect(answer.body["rejected"].count == 1)
        #expect(try rig.letters().map(\.original) == [Array(body.utf8)])
        #expect(try rig.events().isEmpty)
    }

    @Test(arguments: ["", "  \n ", "[]"])
    func noEvent(body: String) async throws {
        let answer = await post(body)
        #expect(answer.status == 400)
        #expect(answer.body["reason"].text?.hasPrefix("the body holds no event") == true)
    }

    @Test func boundsAreAnswered() async throws {
        let rig = try Rig { configuration in
            configuration.bodyEvents = 2
            configuration.bodyBytes = 1_024
            configuration.eventBytes = 1_024
        }
        func status(_ body: String) async -> Int {
            await rig.service.answer(EventRequest(peer: IngestPeer(ip: "::1"), body: Array(body.utf8))).status
        }
        #expect(await status(#"[{"event":"a"},{"event":"a"},{"event":"a"}]"#) == 413)
        #expect(await status(String(repeating: " ", count: 1_025)) == 413)
        #expect(try rig.events().isEmpty)
    }

    @Test func compressed() async throws {
        // printf '{"event":"a"}\n{"event":"b"}' | gzip -n
        let member = Data(base64Encoded: "H4sIAAAAAAAAA6tWSi1LzStRslJKVKrlqobzkpRqAWAg84EbAAAA")!
        let plain = "{\"event\":\"a\"}\n{\"event\":\"b\"}"
        let answer = await post("") { request in
            request.contentEncoding = "gzip"
            request.body = Array(member)
        }
        #expect(answer == (200, summary(2)))
        #expect(try rig.events().map(\.payload).joined(separator: "\n") == plain)
        for broken in [member.dropLast(9), member.prefix(12), Data(plain.utf8)] {
            let answer = await post("") { request in
                request.contentEncoding = "gzip"
                request.body = Array(broken)
            }
            #expect(answer.status == 400)
        }
        #expect(await post("{}", query: "") { $0.contentEncoding = "br" }.status == 415)
    }

    @Test func numberedRequestsAreStoredOnce() async throws {
        let body = #"[{"event":"a"},{"event":"b"},7]"#
        let first = await post(body, query: "client=c&seq=1")
        #expect(first.body["accepted"].number == 2)
        #expect(await post(body, query: "client=c&seq=1") == (200, summary(0, duplicates: 3)))
        #expect(await post(body + " ", query: "client=c&seq=3").body["accepted"].number == 1)
        #expect(try rig.events().map(\.sequence) == [1, 2, 4])
    }

    @Test func nobodyNumbersEventsInTheNameOfATopic() async throws {
        #expect(await post(#"{"event":"a"}"#, query: "client=kafka/quiz/0&seq=1").status == 400)
        #expect(try rig.events().isEmpty)
    }

    @Test func idempotencyKeysAreStoredOnce() async throws {
        for expected in [summary(2), summary(0, duplicates: 2)] {
            let answer = await post(#"[{"event":"a","seq":9},{"event":"b","seq":9}]"#) { $0.idempotencyKey = "k 1" }
            #expect(answer.body == expected)
        }
        try rig.restart()
        #expect(
            await post(#"[{"event":"a","seq":9},{"event":"b","seq":9}]"#) { $0.idempotencyKey = "k 1" }.body
                == summary(0, duplicates: 2))
        #expect(await post(#"{"event":"a"}"#) { $0.idempotencyKey = "k 2" }.body == summary(1))
        #expect(try rig.events().map(\.type) == ["a", "b", "a"])
    }

    /// The publisher's own example, as curl sends it.
    @Test func aQuizIsPublished() async throws {
        let body = """
            {
                "user_id": "test_user",
                "domain": "dsa",
                "module": "dsa-arrays",
                "score": 85,
                "time_taken": 300
              }
            """
        let answer = await post(body, type: "application/json") { $0.published = .quiz }
        #expect(answer == (200, summary(1)))
        let event = try #require(try rig.events().first)
        #expect(event.type == "module_quiz_completed")
        #expect(event.actor == "test_user")
        #expect(event.payload == body)
        #expect(event.fields == #"{"event_type":"module_quiz_completed"}"#)
        #expect(!event.isTimeClaimed && event.time == Rig.start)
    }

    @Test func aPublishedEventMayNameItsType() async throws {
        let body = #"{"event":"user_login","user_id":"u","timestamp":"2025-01-26T10:30:00Z"}"#
        _ = await post(body) { $0.published = .login }
        let event = try #require(try rig.events().first)
        #expect(event.type == "user_login" && event.fields.isEmpty && event.time == 1_737_887_400_000_000)
    }

    @Test func othersAuthenticateInTheRequest() async throws {
        let body = #"[{"event":"a"},{"event":"b","user_id":"u1"},{"event":"c"}]"#
        #expect(await post(body, from: "10.0.0.1") == (200, summary(3)))
        #expect(try rig.events().map(\.actor) == Array(repeating: "tc-testcase-u1", count: 3))
        let stranger = await post(#"[{"event":"a"},{"event":"b"}]"#, query: "client=c", from: "10.0.0.1")
        #expect(stranger.status == 400)
        #expect((0..<2).map { stranger.body["rejected"][$0]["index"].number } == [0, 1])
        #expect(try rig.letters().map(\.stage) == [.authenticate, .authenticate])
        #expect(rig.service.counters.backlogBytes == 0)
    }

    @Test func aStoppedLogIsSaid() async throws {
        try rig.log.close()
        let answer = await post(#"{"event":"a"}"#)
        #expect(answer.status == 503)
        #expect(answer.body["reason"].text != nil)
    }
}
