import Foundation
import Testing

/// What a client sends over one connection, and what it is answered.
struct Exchange: Sendable, CustomTestStringConvertible {
    enum Sent: Sendable {
        case text(String)
        case binary(String)
    }

    enum Answer: Sendable {
        /// A JSON object with at least these members.
        case message(String)
        case close(Int)
    }

    let testDescription: String
    var settings: [String] = []
    let sent: [Sent]
    /// All of them, in order. Where it does not end with a close, one more event is sent and acknowledged behind them, so that
    /// nothing else can have been answered.
    let answers: [Answer]

    init(_ name: String, _ settings: [String] = [], send sent: [String], _ answers: Answer...) {
        testDescription = name
        self.settings = settings
        self.sent = sent.map { .text($0) }
        self.answers = answers
    }

    init(_ name: String, binary: String, _ answers: Answer...) {
        testDescription = name
        sent = [.text(Self.identity), .binary(binary)]
        self.answers = answers
    }

    static let identity = #"{"event":"first","user_id":"u1"}"#
    static let authenticated = Answer.message(#"{"status":"auth","user_id":"testcase-u1"}"#)

    static func error(_ reason: String) -> Answer { .message("{\"status\":\"error\",\"reason\":\"\(reason)\"}") }

    private static func lock(_ fields: String) -> String { #"{"event":"lock_fields","fields":\#(fields)}"# }

    /// Every message that Learning Observer's clients and server know, every outcome that was seen there, and what is better
    /// here: where its connection breaks, this one says why and goes on.
    static let all: [Exchange] = [
        // What real clients send, in order.
        Exchange(
            "the browser extension: two locks, the second with the user, then events",
            send: [
                lock(#"{"source":"org.mitros.writing_analytics","version":"1.0.2"}"#),
                lock(#"{"browserInfo":{"a":1},"user_id":"u1","chrome_identity":{"email":"a@b","id":"1"}}"#),
                #"{"event":"google_docs_save","doc_id":"d","bundles":[],"rev":1,"timestamp":1750000000000}"#,
                #"{"event":"keystroke","metadata":{"iso_ts":"2025-06-15T15:06:40.000Z"}}"#,
            ], authenticated),
        Exchange(
            "a script: an identity in the first event, no lock",
            send: [
                #"{"event":"test_framework_fake_identity","source":"org.x","user_id":"u1","origin":"stream_test_script"}"#,
                #"{"event":"metadata_finished","source":"org.x"}"#,
            ], authenticated),
        // Identity.
        Exchange(
            "events without identity", send: [lock(#"{"source":"s"}"#)] + Array(repeating: #"{"event":"a"}"#, count: 3)),
        Exchange("a lock alone", send: [lock(#"{"source":"s"}"#)]),
        Exchange("a lock with the user alone", send: [lock(#"{"user_id":"u1"}"#)]),
        Exchange(
            "a lock with the user, and an event", send: [lock(#"{"user_id":"u1"}"#), #"{"event":"a"}"#], authenticated),
        Exchange("an identity and two events", send: [identity, #"{"event":"a"}"#, #"{"event":"b"}"#], authenticated),
        Exchange("another identity later", send: [identity, #"{"event":"a","user_id":"u2"}"#], authenticated),
        Exchange(
            "auth and server of the client's own",
            send: [
                lock(#"{"auth":{"user_id":"root"},"server":{"ip":"1.1.1.1"}}"#),
                #"{"event":"a","user_id":"u1","auth":{"user_id":"root","sec":"authenticated"}}"#,
            ], authenticated),
        Exchange(
            "an id with every kind of letter", send: [#"{"event":"a","user_id":"a b,STUDENT:x/../é"}"#],
            .message(#"{"status":"auth","user_id":"testcase-a b,STUDENT:x/../é"}"#)),
        Exchange(
            "an id that is a number", send: [#"{"event":"a","user_id":5}"#],
            error(#"\"user_id\" is a number, expected a text"#)),
        Exchange(
            "a tag", ["ingest.authentication=local_storage"], send: [#"{"event":"a","user_tag":"t"}"#],
            .message(#"{"status":"auth","user_id":"ls-t"}"#)),
        Exchange(
            "a chromebook", ["ingest.authentication=chromebook"], send: [#"{"event":"a","chrome_identity":{"id":7}}"#],
            .message(#"{"status":"auth","user_id":"gc-7"}"#)),
        Exchange(
            "a hash", ["ingest.authentication=hash_identify"], send: [#"{"event":"a","hash":"h"}"#],
            .message(#"{"status":"auth","user_id":"hi-h"}"#)),
        Exchange(
            "a guest", ["ingest.authentication=guest"], send: [#"{"event":"a"}"#], .message(#"{"status":"auth"}"#)),
        // What can't be read. There: the connection breaks, and what follows is lost.
        Exchange("no JSON", send: [identity, "{", #"{"event":"b"}"#], authenticated, .message(#"{"status":"error"}"#)),
        Exchange("an array", send: [identity, "[1]"], authenticated, .message(#"{"status":"error"}"#)),
        Exchange("a number", send: [identity, "7"], authenticated, .message(#"{"status":"error"}"#)),
        Exchange("an empty message", send: [identity, ""], authenticated, .message(#"{"status":"error"}"#)),
        Exchange(
            "no event", send: [identity, #"{"a":1}"#], authenticated,
            error("it has no type: neither `event_type` nor `event` is a text that is not empty")),
        Exchange(
            "a binary message", binary: #"{"event":"b"}"#, authenticated,
            error("a binary message: each event is a message of text, one JSON object")),
        Exchange(
            "a lock without fields", send: [identity, #"{"event":"lock_fields"}"#], authenticated,
            error(#"lock_fields: \"fields\" is missing, expected an object"#)),
        // Locks.
        Exchange(
            "a lock of the event's name", send: [lock(#"{"event":"renamed","user_id":"u1"}"#), #"{"event":"a"}"#],
            authenticated),
        Exchange(
            "a second lock with the same source",
            send: [
                lock(#"{"source":"s","a":1}"#), lock(#"{"source":"s","user_id":"u1"}"#), #"{"event":"a"}"#,
            ], authenticated),
        // Sources.
        Exchange("an unknown source", send: [#"{"event":"a","user_id":"u1","source":"org.unknown"}"#], authenticated),
        Exchange("no source", send: [identity], authenticated),
        // The end.
        Exchange("terminate before anybody is known", send: [#"{"event":"terminate"}"#], .close(1000)),
        Exchange("terminate", send: [identity, #"{"event":"terminate"}"#], authenticated, .close(1000)),
        Exchange(
            "what follows terminate", send: [identity, #"{"event":"terminate"}"#, "{"], authenticated, .close(1000)),
        // Blobs.
        Exchange(
            "a blob that nobody has stored",
            send: [lock(#"{"source":"s","activity":"never","user_id":"u1"}"#), #"{"event":"fetch_blob"}"#],
            authenticated,
            .message(#"{"status":"fetch_blob","data":null}"#)),
        Exchange(
            "a blob that was stored before",
            send: [
                lock(#"{"source":"s","activity":"a","user_id":"u1"}"#), #"{"event":"save_blob","blob":{"k":[1]}}"#,
                #"{"event":"fetch_blob"}"#,
            ], authenticated, .message(#"{"status":"fetch_blob","data":{"k":[1]}}"#)),
        Exchange(
            "a blob without an activity", send: [lock(#"{"source":"s","user_id":"u1"}"#), #"{"event":"fetch_blob"}"#],
            authenticated,
            error(#"fetch_blob: lock \"source\" and \"activity\" first, texts that say which blob is meant"#)),
        // Rules.
        Exchange(
            "a domain that is dropped", ["ingest.rules=RULES"],
            send: [#"{"event":"a","user_id":"u1","chrome_identity":{"email":"x@drop.org"}}"#], authenticated,
            .message(
                #"{"status":"blocklist","action":"DROP","time_limit":"PERMANENT","message":"Do not send more messages to me"}"#
            ), .close(1000)),
        Exchange(
            "a domain that waits for minutes", ["ingest.rules=RULES"],
            send: [#"{"event":"a","user_id":"u1","chrome_identity":{"email":"x@minutes.org"}}"#], authenticated,
            .message(
                #"{"status":"blocklist","action":"MAINTAIN","time_limit":"MINUTES","message":"You are blocked for now"}"#
            ),
            .close(1000)),
        Exchange(
            "a domain that waits for days", ["ingest.rules=RULES"],
            send: [#"{"event":"a","user_id":"u1","chrome_identity":{"email":"x@days.org"}}"#], authenticated,
            .message(#"{"status":"blocklist","action":"MAINTAIN","time_limit":"DAYS"}"#), .close(1000)),
        Exchange(
            "a domain that waits for milliseconds", ["ingest.rules=RULES"],
            send: [#"{"event":"a","user_id":"u1","chrome_identity":{"email":"x@number.org"}}"#], authenticated,
            .message(#"{"status":"blocklist","action":"MAINTAIN","time_limit":1500}"#), .close(1000)),
        Exchange(
            "a domain that is transmitted", ["ingest.rules=RULES"],
            send: [#"{"event":"a","user_id":"u1","chrome_identity":{"email":"x@else.org"}}"#], authenticated),
        // Limits.
        Exchange(
            "a message of more than the limit", ["ingest.frame=2KiB"],
            send: [identity, #"{"event":"b","text":"\#(String(repeating: "x", count: 3_000))"}"#], authenticated,
            .close(1009)),
        Exchange(
            "locks of more than the limit", ["ingest.limits.locked=1KiB"],
            send: [identity, lock(#"{"text":"\#(String(repeating: "x", count: 1_100))"}"#)], authenticated,
            error("the locked fields would have 1111 bytes, at most 1024 are allowed")),
        Exchange(
            "more events than may wait", ["ingest.limits.backlog.events=1"],
            send: [#"{"event":"a"}"#, #"{"event":"b"}"#],
            error(
                "1 events with 13 bytes wait for authentication, no more fit (ingest.limits.backlog); send an event that says who you are"
            )),
        Exchange(
            "nobody who does not say who he is stays", ["ingest.limits.authentication=200ms"],
            send: [#"{"event":"a"}"#], .close(1008)),
        Exchange(
            "more events a second than may be", ["ingest.limits.actor.rate=1", "ingest.limits.actor.burst=1"],
            send: [identity, #"{"event":"b"}"#, #"{"event":"c"}"#], authenticated, .message(#"{"status":"slow"}"#)),
    ]

    static let rules = """
        incoming_events { blacklist_event_action: TRANSMIT; }
        incoming_events[domain="drop.org"] { blacklist_event_action: DROP; }
        incoming_events[domain="minutes.org"] { blacklist_event_action: MAINTAIN; }
        incoming_events[domain="days.org"] { blacklist_event_action: MAINTAIN; blacklist_time_limit: DAYS; }
        incoming_events[domain="number.org"] { blacklist_event_action: MAINTAIN; blacklist_time_limit: 1500; }
        """
}

extension IntegrationTests {
    /// The protocol of `/wsapi/in/`, over real connections to a real host.
    @Suite("The protocol of Learning Observer")
    struct ProtocolTests {
        @Test("each message is answered as it should be", arguments: Set(Exchange.all.map(\.settings)))
        func exchanges(settings: [String]) throws {
            let folder = try TemporaryFolder()
            let rules = folder.path + "/rules.pmss"
            try Exchange.rules.write(toFile: rules, atomically: true, encoding: .utf8)
            let host = try HostProcess(
                data: folder.path + "/data", settings: settings.map { $0.replacing("RULES", with: rules) })
            for exchange in Exchange.all where exchange.settings == settings { try check(exchange, host) }
            #expect(try host.stop() == .code(0))
        }

        private func check(_ exchange: Exchange, _ host: HostProcess) throws {
            let name = exchange.testDescription
            // A client that counts its frames is told of each: so it can be seen that nothing else was said.
            let client = try WebSocketClient(
                port: host.port, path: "/wsapi/in/?ack=1&client=\(UUID().uuidString)&seq=1")
            // In one go, so that they all arrive at once.
            try client.send(exchange.sent.compactMap { if case .text(let text) = $0 { text } else { nil } })
            for case .binary(let text) in exchange.sent { try client.send(binary: Array(text.utf8)) }
            var isClosed = false
            for answer in exchange.answers {
                let found = try client.receiveBesidesAcknowledgements()
                switch (answer, found) {
                case (.close(let code), .close(let found)):
                    #expect(code == found, "\(name)")
                    isClosed = true
                case (.message(let expected), .text(let found)):
                    let members = try JSONRow.object(expected)
                    let has = try JSONRow.object(found).filter { members[$0.key] != nil }
                    #expect(NSDictionary(dictionary: has) == NSDictionary(dictionary: members), "\(name): \(found)")
                default: Issue.record("\(name): found \(found), expected \(answer)")
                }
            }
            if isClosed { return }
            // One more that is answered in any case, whatever came before.
            try client.send("7")
            let last = try client.receiveBesidesAcknowledgements()
            guard case .text(let text) = last else { throw Failure("\(name): found \(last) at the end") }
            #expect(text.contains("not a JSON object"), "\(name): \(text)")
        }
    }
}
