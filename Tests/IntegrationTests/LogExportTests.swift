import Foundation
import Testing

extension IntegrationTests {
    @Suite("Looking into a log and exporting it")
    struct LogExportTests {
        private let folder: TemporaryFolder
        private let plugins: TimelessPlugins
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TimelessPlugins()
            try KnownLog.prepare(folder, below: "data")
        }

        /// A host with three students on connections of their own, whose course module is locked there, and one publisher.
        private func fill() throws {
            let host = try HostProcess(
                data: data, plugins: plugins.path, settings: ["web.drain=0s"])
            for (index, student) in ["ada", "bob", "eve"].enumerated() {
                let socket = try WebSocketClient(port: host.port, path: "/wsapi/in/?ack=1&client=\(student)")
                let fields =
                    #"{"source":"org.x.\#(index)","user_id":"\#(student)","module":"dsa-\#(index)","domain":"dsa"}"#
                try socket.send(#"{"event":"lock_fields","fields":\#(fields)}"#)
                for number in 0..<20 {
                    try socket.send(
                        """
                        {"event":"\(number % 2 == 0 ? "module_quiz_completed" : "module_completed")",
                        "score":\(60 + number), "time_taken":\(number * 10),
                        "timestamp":"2026-01-31T10:\(10 + number):0\(index)Z","module":"mine"}
                        """)
                }
                try socket.waitForAcknowledgement(of: 21)
                try socket.sendClose()
            }
            #expect(try host.stop() == .code(0))
        }

        private func lectern(_ arguments: String...) throws -> String { try run(Installation.lectern, arguments) }

        private func export(_ options: String...) throws -> [[String: Any]] {
            try run(Installation.lectern, ["log", "export", "--data", data] + options).split(separator: "\n")
                .map { try JSONRow.object(String($0)) }
        }

        private func fold(_ arguments: [String]) throws -> Folded.Summary {
            let all = ["fold"] + arguments + ["--plugins", plugins.path, "--json"]
            return try JSONDecoder().decode(Folded.Summary.self, from: Data(run(Installation.lectern, all).utf8))
        }

        @Test("the fold of what was exported is the fold of the log", arguments: ["", ".gz", ".zst"])
        func roundTrip(suffix: String) throws {
            try fill()
            let file = "\(folder.path)/events.jsonl\(suffix)"
            _ = try lectern("log", "export", "--data", data, "--out", file)
            let expected = try fold(["--log", data])
            let found = try fold(["lectern-log=\(file)"])
            #expect(expected.events == 60 && expected.states > 3)
            #expect(found.events == 60)
            #expect(found.sha256 == expected.sha256)
        }

        @Test("what was exported can be replayed into another host, which then has the same states")
        func replayed() throws {
            try fill()
            let file = "\(folder.path)/events.jsonl"
            _ = try lectern("log", "export", "--data", data, "--out", file)
            let other = "\(folder.path)/other"
            try KnownLog.prepare(folder, below: "other")
            let host = try HostProcess(data: other, plugins: plugins.path)
            #expect(try Replaying(["lectern-log=\(file)"], to: host).finish().acknowledged == 60)
            #expect(try host.stop() == .code(0))
            #expect(try fold(["--log", other]).sha256 == fold(["--log", data]).sha256)
        }

        @Test("an exported line has the event as it arrived, and beside it what the host knows")
        func lines() throws {
            try fill()
            let event = try #require(try export("--actor", "tc-testcase-bob").first)
            #expect(event["type"] as? String == "module_quiz_completed")
            #expect(event["time"] as? String == "2026-01-31T10:10:01Z")
            #expect((event["payload"] as? [String: Any])?["module"] as? String == "mine")
            let fields = try #require(event["fields"] as? [String: Any])
            #expect(fields["module"] as? String == "dsa-1")
            #expect((fields["auth"] as? [String: Any])?["user_id"] as? String == "testcase-bob")
            let payload = try #require(try export("--payloads").first)
            #expect(Set(payload.keys) == ["event", "score", "time_taken", "timestamp", "module"])
        }

        @Test("filters choose by session, actor, type and time, each of which may be repeated")
        func filters() throws {
            try fill()
            #expect(try export().count == 60)
            #expect(try export("--actor", "tc-testcase-ada", "--actor", "tc-testcase-eve").count == 40)
            #expect(try export("--type", "module_completed").count == 30)
            #expect(try export("--type", "module_completed", "--type", "module_quiz_completed").count == 60)
            #expect(try export("--type", "nothing").isEmpty)
            let session = try #require(try export("--actor", "tc-testcase-eve").first?["session"] as? Int)
            #expect(try export("--session", "\(session)").count == 20)
            #expect(try export("--session", "\(session)", "--actor", "tc-testcase-ada").isEmpty)
            #expect(try export("--from", "2026-01-31T10:12:00Z", "--to", "2026-01-31T10:14:01Z").count == 7)
            let cat = try lectern(
                "log", "cat", "--data", data, "--from", "2026-01-31T10:12:00Z", "--to", "2026-01-31T10:14:01Z",
                "--type",
                "module_quiz_completed")
            #expect(cat.split(separator: "\n").count == 4)
        }

        @Test("info counts sessions, sources and types")
        func info() throws {
            try fill()
            let counts = try #require(
                JSONRow.object(lectern("log", "info", "--data", data, "--counts", "--json"))["counts"] as? [String: Any]
            )
            #expect(counts["sessions"] as? Int == 3)
            #expect(counts["sources"] as? [String: Int] == ["org.x.0": 20, "org.x.1": 20, "org.x.2": 20])
            #expect(counts["types"] as? [String: Int] == ["module_quiz_completed": 30, "module_completed": 30])
        }

        @Test("frames that come before anybody says who it is are shown, and are no part of the log")
        func early() throws {
            let host = try HostProcess(data: data, plugins: plugins.path, settings: [])
            let socket = try WebSocketClient(port: host.port, path: "/wsapi/in/")
            try socket.send([#"{"event":"who am I","n":1}"#, #"{"event":"and now","n":2}"#])
            func frames() throws -> [[String: Any]] {
                try lectern("log", "early", "--data", data).split(separator: "\n").map {
                    try JSONRow.object(String($0))
                }
            }
            #expect(try eventually { try frames().count == 2 })
            let shown = try frames()
            #expect(
                shown.map { $0["frame"] as? String } == [#"{"event":"who am I","n":1}"#, #"{"event":"and now","n":2}"#])
            #expect(shown.allSatisfy { $0["peer"] as? String == "127.0.0.1" && $0["connection"] as? Int == 1 })
            #expect(try export().isEmpty)
            #expect(try host.metric("lectern_early_frames_total") == 2)
            try socket.send(#"{"event":"c","user_id":"ada"}"#)
            #expect(try eventually { try export().count == 3 })
            #expect(try frames().count == 2)
            #expect(try host.stop() == .code(0))
        }
    }
}
