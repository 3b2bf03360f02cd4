import Glibc
import Ingest
import Testing
import Web

/// The WebSocket at /wsapi/in/, over a real connection.
struct SocketTests {
    private static let identity = #"{"event":"test_framework_fake_identity","source":"s","user_id":"ada"}"#

    private static func event(_ number: Int) -> String { #"{"event":"x","source":"s","seq":\#(number)}"# }

    @Test(arguments: ["/wsapi/in", "/wsapi/in/"])
    func eventsAreTakenAndAcknowledged(_ path: String) async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade("\(path)?ack=1&client=c1") == 101)
                try client.expect(.text(#"{"status":"ack","seq":0}"#))
                try client.send(TestClient.text(Self.identity))
                try client.expect(.text(#"{"status":"auth","user_id":"testcase-ada"}"#))
                try client.expect(.text(#"{"status":"ack","seq":1}"#))
                try client.send(TestClient.text(Self.event(2)) + TestClient.text(Self.event(3)))
                var last = try client.next()
                if last == .text(#"{"status":"ack","seq":2}"#) { last = try client.next() }
                #expect(last == .text(#"{"status":"ack","seq":3}"#))
                try client.send(TestClient.close(1000))
                try client.expect(.close(1000, ""))
                #expect(try client.isEnded())
            }
            #expect(server.ingest.counters.accepted == 3)
            #expect(try await eventually { server.ingest.counters.connections == 0 })
        }
    }

    @Test func framesMayComeInAnyPieces() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade("/wsapi/in/?ack=1&client=c1") == 101)
                _ = try client.next()
                let long = #"{"event":"long","source":"s","text":""# + String(repeating: "ä", count: 40_000) + #""}"#
                let frames =
                    TestClient.text(Self.identity) + TestClient.frame(9, Array("p".utf8))
                    + TestClient.text(long) + TestClient.text(Self.event(3))
                var rest = frames[...]
                var size = 1
                while !rest.isEmpty {
                    try client.send(Array(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                    size = size % 17 + 1 + (rest.count > 2000 ? 3000 : 0)
                }
                var seen: [TestClient.Frame] = []
                while seen.last != .text(#"{"status":"ack","seq":3}"#) { seen.append(try client.next()) }
                #expect(seen.contains(.pong(Array("p".utf8))))
            }
            #expect(server.ingest.counters.accepted == 3)
        }
    }

    @Test func fragmentsMakeOneMessage() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                let bytes = Array(Self.identity.utf8)
                try client.send(TestClient.frame(1, Array(bytes[..<20]), isFinal: false))
                try client.send(TestClient.frame(9, [1]))
                try client.send(TestClient.frame(0, Array(bytes[20..<21]), isFinal: false))
                try client.send(TestClient.frame(0, Array(bytes[21...])))
                let answers = [try client.next(), try client.next()]
                #expect(answers.contains(.pong([1])))
                #expect(answers.contains(.text(#"{"status":"auth","user_id":"testcase-ada"}"#)))
            }
            #expect(server.ingest.counters.accepted == 1)
        }
    }

    @Test func badFramesAreAnsweredOnAnOpenConnection() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                try client.send(
                    TestClient.text("no json") + TestClient.frame(2, [1, 2]) + TestClient.text(Self.identity))
                var texts: [String] = []
                while !(texts.last ?? "").contains("auth") {
                    guard case .text(let text) = try client.next() else { break }
                    texts.append(text)
                }
                #expect(texts.count == 3)
                #expect(texts[0].hasPrefix(#"{"status":"error","reason":"#))
                #expect(texts[1].hasPrefix(#"{"status":"error","reason":"#))
            }
        }
    }

    private static let blanks = [UInt8](repeating: 0x20, count: 2049)

    /// What breaks the protocol, and the code that it is answered with.
    static let violations: [([UInt8], Int)] = [
        (TestClient.frame(1, [0x7B, 0x7D], isMasked: false), 1002),
        (TestClient.frame(1, [0x7B, 0x7D], reserved: 0x40), 1002),
        (TestClient.frame(3, []), 1002),
        (TestClient.frame(0, []), 1002),
        (TestClient.frame(9, [], isFinal: false), 1002),
        (TestClient.frame(9, Array(blanks.prefix(126))), 1002),
        (TestClient.close(1005), 1002),
        (TestClient.frame(8, [1]), 1002),
        ([0x81, 0xFE, 0, 1, 0, 0, 0, 0, 0], 1002),
        (TestClient.frame(1, [0x7B], isFinal: false) + TestClient.text("{}"), 1002),
        (TestClient.frame(1, blanks), 1009),
        ([0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009),
        (
            TestClient.frame(1, Array(blanks.prefix(2000)), isFinal: false)
                + TestClient.frame(0, Array(blanks.prefix(2000))), 1009
        ),
    ]

    @Test(arguments: violations)
    func violationsEndTheConnection(_ bytes: [UInt8], _ code: Int) async throws {
        try await TestServer.run(ingest: { $0.eventBytes = 2048 }) { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                // What came before a violation counts.
                try client.send(TestClient.text(Self.identity) + bytes)
                try client.expect(.text(#"{"status":"auth","user_id":"testcase-ada"}"#))
                guard case .close(let found, let reason) = try client.next() else {
                    Issue.record("no close frame")
                    return
                }
                #expect(found == code)
                #expect(!reason.isEmpty)
                try client.send(TestClient.close(code))
                #expect(try client.isEnded())
            }
            #expect(server.ingest.counters.accepted == 1)
            #expect(try await eventually { server.ingest.counters.connections == 0 })
        }
    }

    @Test func aClientThatIgnoresACloseIsCutOff() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                try client.send(TestClient.frame(3, []))
                guard case .close = try client.next() else { return }
                #expect(try client.isEnded())
            }
        }
    }

    @Test func terminateCloses() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                try client.send(TestClient.text(Self.identity) + TestClient.text(#"{"event":"terminate"}"#))
                try client.expect(.text(#"{"status":"auth","user_id":"testcase-ada"}"#))
                guard case .close(let code, _) = try client.next() else { return }
                #expect(code == 1000)
            }
        }
    }

    /// A client that drops its connection without a close frame must not stay for ever.
    @Test func aHalfClosedConnectionIsClosed() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                while server.ingest.counters.connections == 0 { usleep(1000) }
                try client.send(TestClient.text(Self.identity))
                client.halfClose()
                try client.expect(.text(#"{"status":"auth","user_id":"testcase-ada"}"#))
                #expect(try client.isEnded())
            }
            #expect(try await eventually { server.ingest.counters.connections == 0 })
            #expect(server.ingest.counters.accepted == 1)
        }
    }

    @Test func aSilentConnectionIsAskedAndThenClosed() async throws {
        try await TestServer.run({ $0.idle = .milliseconds(200) }) { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                try client.expect(.ping([]))
                try client.send(TestClient.frame(10, []))
                try client.expect(.ping([]))
                #expect(try client.isEnded())
            }
        }
    }

    @Test func stoppingClosesWith1001() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                server.stop()
                try client.expect(.close(1001, "the host is about to stop"))
                try client.send(TestClient.close(1001))
                #expect(try client.isEnded())
            }
        }
    }

    @Test func connectionsAreCounted() async throws {
        try await TestServer.run(ingest: { $0.connections = 1 }) { server in
            try await server.connect { first in
                #expect(try first.upgrade() == 101)
                // A connection is counted after its answer is sent.
                while server.ingest.counters.connections == 0 { usleep(1000) }
                let second = try TestClient(port: server.port)
                #expect(try second.upgrade() == 101)
                guard case .close(let code, let reason) = try second.next() else { return }
                #expect(code == 1013)
                #expect(reason.contains("connections are in use"))
            }
        }
    }

    @Test func allowedOriginsMayPublish() async throws {
        let origin = ["Origin": "chrome-extension://abc"]
        try await TestServer.run { server in
            let status = try await server.upgrade(headers: origin)
            #expect(status == 403)
        }
        try await TestServer.run(ingest: { $0.origins = ["chrome-extension://abc"] }) { server in
            let status = try await server.upgrade(headers: origin)
            #expect(status == 101)
            let page = try await server.request("GET", "/", headers: origin)
            #expect(page.status == 403)
        }
    }

    @Test(arguments: [
        ("/wsapi/in/", ["Origin": "https://evil.example"], 403), ("/wsapi/in/", ["Host": "evil.example"], 421),
        ("/wsapi/in/?ack=1", [:], 400), ("/wsapi/in/?source=none", [:], 404), ("/wsapi/out/", [:], 404),
        ("/wsapi/in/", ["Upgrade": ""], 426),
    ])
    func whatIsNoWebSocketIsToldWhy(_ target: String, _ headers: [String: String], _ status: Int) async throws {
        try await TestServer.run { server in
            let found = try await server.upgrade(target, headers: headers)
            #expect(found == status)
        }
    }

    @Test func publishingNeedsATokenWhereTokensAreAsked() async throws {
        try await TestServer.run({ $0.authentication = .tokens }) { server in
            let refused = try await server.upgrade()
            #expect(refused == 401)
            let token = server.tokens[.publisher]!
            let taken = try await server.upgrade("/wsapi/in/?token=\(token)")
            #expect(taken == 101)
            let viewer = ["Authorization": "Bearer \(server.tokens[.viewer]!)"]
            let wrong = try await server.upgrade(headers: viewer)
            #expect(wrong == 403)
        }
    }
}
