import Glibc
import PluginHost
import Synchronization
import Testing
import Web

/// A dashboard's stream, over a real connection.
struct StreamTests {
    private static let target = "/dashboards/quiz/class/stream"

    /// Opens the stream and reads up to the first event's end.
    private static func open(
        _ client: TestClient, _ target: String = target, lastEventID: String = ""
    ) throws -> String {
        try client.head("GET", target, headers: ["Last-Event-ID": lastEventID, "Accept": "text/event-stream"])
        let (status, headers) = try client.answerHead()
        #expect(status == 200)
        #expect(headers["content-type"] == "text/event-stream")
        #expect(headers["cache-control"] == "no-store")
        #expect(try client.chunk() == "retry: 1000\n\n")
        return try client.chunk()
    }

    private static func id(_ event: String) -> String {
        event.split(separator: "\n").first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) } ?? ""
    }

    private static func addStudent(_ tables: FakeTables, _ name: String) {
        var rows = tables.snapshot(of: Quiz.students)!.rows
        rows.append([.text(name), .number(1), .text("module 2")])
        tables.set(Quiz.students, Quiz.studentColumns, rows)
    }

    @Test func aSnapshotThenDeltasThenWhereItWas() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                let snapshot = try Self.open(client)
                #expect(snapshot.contains("event: snapshot\n"))
                Self.addStudent(server.tables, "eve")
                let delta = try client.chunk()
                #expect(delta.contains("event: delta\n"))
                #expect(delta.contains("\"eve\""))
                #expect(!delta.contains("\"ada\",["))
                Self.addStudent(server.tables, "fay")

                let again = try TestClient(port: server.port)
                let resumed = try Self.open(again, lastEventID: Self.id(delta))
                #expect(resumed.contains("event: delta\n"))
                #expect(resumed.contains("\"fay\""))
                #expect(!resumed.contains("\"eve\",["))

                let byQuery = try TestClient(port: server.port)
                #expect(
                    try Self.open(byQuery, "\(Self.target)?last-event-id=\(Self.id(delta))").contains("event: delta"))
                let unknown = try TestClient(port: server.port)
                #expect(try Self.open(unknown, lastEventID: "8-1").contains("event: snapshot"))
            }
        }
    }

    @Test func aStreamOfAPluginThatWasDisabledEndsAndThePageSaysWhy() async throws {
        try await TestServer.run({ $0.beat = .milliseconds(100) }) { server in
            try await server.connect { client in
                _ = try Self.open(client)
                server.quiz.isOn.store(false, ordering: .relaxed)
                var event = try client.chunk()
                while event.hasPrefix("event: beat") { event = try client.chunk() }
                #expect(event.hasPrefix("event: gone\n"))

                let page = try TestClient(port: server.port)
                try page.head("GET", "/dashboards/quiz/class", headers: ["Accept": "text/html"])
                #expect(try page.answerHead().status == 404)
            }
        }
    }

    @Test func aStreamSaysThatItLives() async throws {
        try await TestServer.run({ $0.beat = .milliseconds(100) }) { server in
            try await server.connect { client in
                let snapshot = try Self.open(client)
                let beat = try client.chunk()
                #expect(snapshot.contains("id: "))
                #expect(beat.hasPrefix("event: beat\ndata: {\"asOf\":"))
            }
        }
    }

    @Test func theViewersChoiceHoldsForTheStream() async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                let snapshot = try Self.open(client, "\(Self.target)?module=module+10")
                #expect(snapshot.contains("\"ada\",["))
                #expect(!snapshot.contains("\"bob\",["))
            }
        }
    }

    @Test func streamsEndWithTheHostAndTheirReader() async throws {
        try await TestServer.run({ $0.streams = 1 }) { server in
            try await server.connect { client in _ = try Self.open(client) }
            try await server.connect { client in
                // The place of the reader that left is free as soon as the host has noticed.
                var status = 503
                for _ in 0..<100 where status == 503 {
                    let next = try TestClient(port: server.port)
                    try next.head("GET", Self.target, headers: [:])
                    status = try next.answerHead().status
                    if status == 503 { usleep(20_000) }
                    if status == 200 {
                        let third = try TestClient(port: server.port)
                        try third.head("GET", Self.target, headers: [:])
                        #expect(try third.answerHead().status == 503)
                        server.stop()
                        _ = try? next.read(until: "never")
                    }
                }
                #expect(status == 200)
            }
        }
    }
}
