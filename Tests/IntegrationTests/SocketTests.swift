import Testing

extension IntegrationTests {
    @Suite("Sockets")
    struct SocketTests {
        @Test("two sockets of one student, 2,000 quizzes each: 4,000 are counted")
        func twoSockets() throws {
            let folder = try TemporaryFolder()
            // No trust: the student is who the sockets authenticate; and he may be as fast as he likes.
            let host = try HostProcess(
                data: folder.path,
                settings: ["ingest.limits.connection.rate=0", "ingest.limits.actor.rate=0"])
            let sockets = try ["laptop", "phone"].map { client in
                try WebSocketClient(port: host.port, path: "/wsapi/in/?ack=1&client=\(client)&seq=1")
            }
            // Both are always under way.
            for first in stride(from: 1, through: 2_000, by: 50) {
                for (index, socket) in sockets.enumerated() {
                    try socket.send(
                        (first..<first + 50).map { number in
                            """
                            {"event":"module_quiz_completed","user_id":"ada","domain":"dsa","module":"arrays",\
                            "score":\((number + index) % 101),"time_taken":\(number)}
                            """
                        })
                }
            }
            for socket in sockets { try socket.waitForAcknowledgement(of: 2_000) }
            #expect(try host.stop() == .code(0))
            try host.restart()
            let rows = try host.rows(of: "quiz-analytics/user_engagement")
            #expect(rows.count == 1)
            #expect(rows.first?["total_quiz_attempts"] as? Int == 4_000)
            // 1 to 2,000 seconds, twice.
            #expect(rows.first?["total_time_seconds"] as? Double == 4_002_000)
        }

        @Test("what was acknowledged before a crash is told to the client that comes back")
        func highestNumber() throws {
            let folder = try TemporaryFolder()
            let host = try HostProcess(data: folder.path)
            let path = "/wsapi/in/?ack=1&client=ada&seq=1"
            let events = (1...20).map { #"{"event":"user_login","user_id":"ada","domain":"dsa","n":\#($0)}"# }
            let first = try WebSocketClient(port: host.port, path: path)
            try first.send(Array(events[..<12]))
            try first.waitForAcknowledgement(of: 12)
            host.crash()
            try host.restart()
            let second = try WebSocketClient(port: host.port, path: path)
            try second.waitForAcknowledgement(of: 12)
            try second.send(events)
            try second.waitForAcknowledgement(of: 20)
            #expect(try host.stop() == .code(0))
            #expect(try KnownLog.events(in: folder.path).count == 20)
        }
    }
}
