import Foundation
import Testing

extension IntegrationTests {
    @Suite("Erasing a student")
    struct ErasureTests {
        /// With all that is written in another way somewhere.
        private static let id = "Zoë \"Q\" o'Hara/7"
        private static let other = "ada.byron"
        private static let local = ["quizzes", "progress"]
        private static let spread = ["hours"]
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws { folder = try TemporaryFolder() }

        private func host(_ settings: [String] = []) throws -> HostProcess {
            try HostProcess(
                data: data, settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms"] + settings)
        }

        private static func json(_ object: [String: Any]) throws -> String {
            String(
                decoding: try JSONSerialization.data(
                    withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]), as: UTF8.self)
        }

        /// A quiz of a student's, with more in it.
        private static func quiz(_ student: String, _ number: Int, _ more: [String: Any] = [:]) throws -> String {
            try json(
                more.merging([
                    "event_type": "module_quiz_completed", "event_id": "e-\(number)-\(student.utf8.count)",
                    "user_id": student,
                    "timestamp": String(format: "2026-01-31T09:%02d:00.000Z", number), "domain": "dsa",
                    "course": "dsa-foundations", "module": "dsa-arrays", "quiz_type": "module", "score": 40 + number,
                    "time_taken": 100,
                ]) { given, _ in given })
        }

        /// Lines of the student, of a class, and of another one who mentions the student in every way.
        private func events() throws -> (student: [String], others: [String]) {
            let id = Self.id
            let student = try (0..<8).map { try Self.quiz(id, $0) }
            let escaped = try Self.quiz(Self.other, 10, ["peer": "PEER"])
                .replacingOccurrences(of: "PEER", with: "Zo\\u00eb \\u0022Q\\\" o'Hara\\/7")
            let plain = try Self.quiz(Self.other, 11, ["peer": "PEER"])
                .replacingOccurrences(of: "PEER", with: "Zo\\u00eb \\\"Q\\\" o'Hara/7")
            let percent = IdentitySearch.percentEncoded(id)
            let group = try SimulatedClass(events: 600, students: 6)
            let mentions = [
                ["peer": id], ["text": "with \(id), again"], ["url": "https://lms.example/?user=\(percent)&x=1"],
                ["nested": try Self.json(["peer": id])], ["members": [id: 1]],
                ["blob": Data("a \(id) b".utf8).base64EncodedString()],
                ["blob": Data(" \(id) b".utf8).base64EncodedString()],
                ["path": "users/\(id)-essay"],
            ]
            let others =
                try mentions.enumerated().map { try Self.quiz(Self.other, $0, $1) } + [escaped, plain]
                + lines(of: group.file)
            return (student, others)
        }

        private func publish(_ lines: [String], to host: HostProcess, _ query: String = "") throws -> HostProcess.Answer
        {
            let body = try folder.write("body.jsonl", lines: lines)
            return try host.request(
                "/api/v1/events\(query)",
                ["-H", "Content-Type: application/x-ndjson", "--data-binary", "@\(body)"])
        }

        /// The class, the student's events under a client of the student's own, and bad ones.
        private func fill(_ host: HostProcess) throws {
            let (student, others) = try events()
            #expect(try publish(Array(others.prefix(100)), to: host).status == 200)
            #expect(try publish(student, to: host, "?client=zoe-phone&seq=1").status == 200)
            #expect(try publish(Array(others.dropFirst(100)), to: host).status == 200)
            #expect(try publish([try Self.json(["user_id": Self.id, "note": "no type"])], to: host).status == 400)
            #expect(
                try publish([try Self.quiz(Self.id, 20, ["score": "none"])], to: host, "?client=zoe-phone&seq=9").status
                    == 200)
            #expect(
                try publish([try Self.json(["user_id": Self.other, "note": "\(Self.id) has no type"])], to: host).status
                    == 400)
        }

        /// Once all events of the log have been folded, the states of all reducers.
        private func states(of host: HostProcess) throws -> [String: [String]] {
            var states: [String: [String]] = [:]
            let expected = try Folding(log: data)().statesByComponent()
            _ = try eventually(seconds: 60) {
                states = [:]
                for reducer in Self.local + Self.spread {
                    states[reducer] = try host.states(of: "quiz-analytics", reducer).sorted()
                }
                return (Self.local + Self.spread).allSatisfy {
                    states[$0] == expected["quiz-analytics.\($0)"]?.sorted()
                }
            }
            for reducer in Self.local + Self.spread {
                #expect(states[reducer] == expected["quiz-analytics.\(reducer)"]?.sorted(), "\(reducer)")
            }
            return states
        }

        private func ofOthers(_ states: [String: [String]]) -> [String] {
            Self.local.flatMap { states[$0] ?? [] }.filter { !$0.contains("actor:Zo%C3%AB") }
        }

        private func isVerified() throws -> Bool {
            let process = try ChildProcess(Installation.lectern, ["log", "verify", "--data", data])
            let exit = try process.wait()
            if exit != .code(0) { Issue.record("\(process.complained)") }
            return exit == .code(0)
        }

        @discardableResult
        private func erase(_ more: [String] = []) throws -> [String: Any] {
            try JSONRow.object(try run(Installation.lectern, ["erase", "--student", Self.id, "--data", data] + more))
        }

        /// Stands for the settings of a Redis server, which is started then.
        private static let redis = "redis"
        private static let kinds: [[String]] = [
            ["log.integrity=true", "log.tree_heads=100ms", "archive.enabled=true"],
            ["log.segment=64KiB"],
            ["kvs.default.type=filesystem", "kvs.default.path=states", "log.integrity=true", "log.segment=32KiB"],
            ["warehouse.type=sqlite"],
            ["outputs.feed.type=file", "outputs.feed.part=16KiB", "outputs.feed.interval=20ms"],
            [
                "outputs.rows.type=file", "outputs.rows.interval=20ms",
                "outputs.rows.tables=[event-aggregations/user_hourly_attempts]",
            ],
            [redis],
        ]

        @Test(
            "nothing names the student afterwards, others' states are what they were, and the log verifies",
            arguments: kinds)
        func erased(settings: [String]) throws {
            let redis = settings == [Self.redis] ? try RedisProcess(in: folder.path + "/redis") : nil
            let settings = redis?.settings ?? settings
            let options = settings.flatMap { ["--set", $0] }
            let host = try host(settings)
            try fill(host)
            let before = try states(of: host)
            #expect(before["quizzes"]?.contains { $0.contains("actor:Zo%C3%AB") } == true)
            #expect(try host.stop() == .code(0))
            let search = IdentitySearch(Self.id)
            let hits = try search.hits(in: data)
            for form in ["raw", "JSON", "JSON, ASCII", "Base64", "percent-encoded"] {
                #expect(hits.contains { $0.hasPrefix(form) }, "\(form)")
            }

            if let redis { #expect(try !search.hits(in: redis.folder).isEmpty) }

            let certificate = try erase(options)
            #expect((certificate["events"] as? [String: Int])?.values.reduce(0, +) == 9)
            #expect(certificate["mentions"] as? Int ?? 0 >= 9)
            #expect(try search.hits(in: folder.path).filter { !$0.hasSuffix("in body.jsonl") } == [])
            #expect(try isVerified())

            try host.restart()
            let after = try states(of: host)
            #expect(ofOthers(after) == ofOthers(before))
            #expect(Self.local.allSatisfy { after[$0]?.contains { $0.contains("Zo%C3%AB") } == false })
            #expect(after["hours"] != before["hours"])
            #expect(try host.stop() == .code(0))
            #expect(try search.hits(in: data) == [])
            #expect(try isVerified())
        }

        @Test("what comes later, or again, is refused and kept nowhere")
        func late() throws {
            let host = try host()
            try fill(host)
            #expect(try host.stop() == .code(0))
            try erase()
            try host.restart()
            let before = try states(of: host)
            let answer = try publish(events().student, to: host, "?client=another-phone&seq=1")
            #expect(answer.status == 400)
            #expect(answer.body.contains("erased: this student's events are not taken"))
            let socket = try WebSocketClient(port: host.port, path: "/wsapi/in/?ack=1&client=\("Zo%C3%AB")")
            try socket.send(events().student)
            #expect(try publish([Self.quiz(Self.other, 30)], to: host).status == 200)
            #expect(try eventually { try host.metric("lectern_ingest_events_total{outcome=\"erased\"}") == 16 })
            let after = try states(of: host)
            #expect(
                after["progress"]?.filter { !$0.contains(Self.other) }
                    == before["progress"]?.filter { !$0.contains(Self.other) })
            #expect(try host.stop() == .code(0))
            #expect(try IdentitySearch(Self.id).hits(in: data) == [])
        }

        @Test("an older copy of the data folder that is restored does not bring the student back")
        func restored() throws {
            let host = try host(["log.integrity=true"])
            try fill(host)
            let before = try states(of: host)
            #expect(try host.stop() == .code(0))
            let copy = "\(folder.path)/copy"
            try FileManager.default.copyItem(atPath: data, toPath: copy)
            try erase(["--set", "log.integrity=true"])
            let second = ["erase", "--student", "ben.haddad", "--data", data, "--set", "log.integrity=true"]
            try run(Installation.lectern, second)
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: copy, toPath: data)
            let search = IdentitySearch(Self.id)
            #expect(try !search.hits(in: data).isEmpty)
            try host.restart()
            #expect(try search.hits(in: data) == [])
            #expect(try IdentitySearch("ben.haddad").hits(in: data) == [])
            let after = try states(of: host)
            #expect(ofOthers(after) == ofOthers(before).filter { !$0.hasPrefix("actor:ben.haddad") })
            #expect(try publish(events().student, to: host).status == 400)
            #expect(try host.stop() == .code(0))
            #expect(try search.hits(in: data) == [])
            #expect(try isVerified())
        }

        @Test("a store that alone is restored does not bring the student back")
        func olderStore() throws {
            let host = try host()
            try fill(host)
            let before = try states(of: host)
            #expect(try host.stop() == .code(0))
            let files = try FileManager.default.contentsOfDirectory(atPath: data).filter {
                $0.hasPrefix("default.sqlite")
            }
            for file in files { try folder.copy("\(data)/\(file)", to: file) }
            try erase()
            for file in ["default.sqlite", "default.sqlite-wal", "default.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: "\(data)/\(file)")
            }
            for file in files {
                try FileManager.default.moveItem(atPath: "\(folder.path)/\(file)", toPath: "\(data)/\(file)")
            }
            let search = IdentitySearch(Self.id)
            #expect(try !search.hits(in: data).isEmpty)
            try host.restart()
            let after = try states(of: host)
            #expect(ofOthers(after) == ofOthers(before))
            #expect(try host.stop() == .code(0))
            #expect(try search.hits(in: data) == [])
        }

        @Test("export gives records, letters, states and rows of the student, and nothing after the erasure")
        func exported() throws {
            let host = try host()
            try fill(host)
            _ = try states(of: host)
            func export() throws -> [[String: Any]] {
                try run(
                    Installation.lectern,
                    ["export", "--student", Self.id, "--data", data, "--plugins", Installation.plugins]
                ).split(separator: "\n").map { try JSONRow.object(String($0)) }
            }
            let lines = try export()
            func count(_ from: String, _ relation: String? = nil) -> Int {
                lines.count {
                    $0["from"] as? String == from && (relation == nil || $0["relation"] as? String == relation)
                }
            }
            let events = lines.compactMap { $0["record"] as? [String: Any] }.filter {
                $0["actor"] as? String == Self.id
            }
            #expect(events.count == 9)
            #expect(count("log", "mention") >= 10)
            // Of one the type is missing, another one's names the student, and a quiz is no good to three plugins.
            #expect(count("dead-letters") == 5)
            #expect(count("states") > 0 && count("tables") > 0)
            #expect(try host.stop() == .code(0))
            try erase()
            #expect(try export().isEmpty)
        }

        @Test("with pseudonyms, states name nobody, and the student is erased by the real id")
        func pseudonyms() throws {
            let host = try host(["log.pseudonyms=true"])
            try fill(host)
            let before = try states(of: host)
            let keys = Self.local.flatMap { before[$0] ?? [] }
            #expect(!keys.isEmpty && keys.allSatisfy { $0.hasPrefix("actor:p-") })
            #expect(try host.stop() == .code(0))
            #expect(
                try ChildProcess(
                    Installation.lectern,
                    ["serve", "--data", data, "--listen", "127.0.0.1:0", "--set", "log.pseudonyms=false"]
                ).wait() == .code(1))
            let certificate = try erase()
            #expect((certificate["events"] as? [String: Int])?.values.reduce(0, +) == 9)
            #expect(try IdentitySearch(Self.id).hits(in: data) == [])
            try host.restart()
            let after = try states(of: host)
            for reducer in Self.local {
                let gone = Set(before[reducer] ?? []).subtracting(after[reducer] ?? [])
                #expect(gone.count == 1 && (after[reducer]?.count ?? 0) == (before[reducer]?.count ?? 0) - 1)
            }
            #expect(try publish(events().student, to: host).status == 400)
            #expect(try host.stop() == .code(0))
        }

        @Test("a student who authenticated goes with the sessions, and is refused under the same identity")
        func authenticated() throws {
            let settings = ["log.integrity=true", "archive.enabled=true"]
            let host = try HostProcess(data: data, settings: settings + ["reduction.checkpoint=50ms"])
            func connect(_ student: String, _ client: String) throws -> WebSocketClient {
                let socket = try WebSocketClient(port: host.port, path: "/wsapi/in/?ack=1&client=\(client)")
                let fields: [String: Any] = [
                    "source": "org.example", "user_id": student, "chrome_identity": ["email": "\(student)"],
                ]
                try socket.send(Self.json(["event": "lock_fields", "fields": fields]))
                return socket
            }
            let own = try connect(Self.id, "phone-1")
            try own.send((0..<5).map { try Self.quiz(Self.id, $0) })
            try own.waitForAcknowledgement(of: 6)
            let others = try connect(Self.other, "phone-2")
            try others.send(Self.quiz(Self.other, 1, ["peer": Self.id]))
            try others.waitForAcknowledgement(of: 2)
            let before = try states(of: host)
            #expect(before["quizzes"]?.contains { $0.hasPrefix("actor:tc-testcase-Zo%25C3%25AB") } == true)
            #expect(try host.stop() == .code(0))
            let search = IdentitySearch(Self.id)
            #expect(try search.hits(in: data).contains { $0.hasPrefix("form-encoded") })
            #expect(try search.hits(in: data).contains { $0.hasSuffix(".jsonl.zst") })

            let certificate = try erase(settings.flatMap { ["--set", $0] })
            #expect((certificate["events"] as? [String: Int])?.values.reduce(0, +) == 5)
            #expect(certificate["sessions"] as? Int == 1)
            #expect(certificate["others"] as? [String: Int] == ["archive": 2])
            #expect(try search.hits(in: data) == [])
            #expect(try isVerified())
            try host.restart()
            let late = try connect(Self.id, "phone-1")
            try late.send((0..<5).map { try Self.quiz(Self.id, $0) })
            #expect(try eventually { try host.metric("lectern_ingest_events_total{outcome=\"erased\"}") == 5 })
            let after = try states(of: host)
            #expect(after["quizzes"] == before["quizzes"]?.filter { !$0.contains("Zo%25C3%25AB") })
            #expect(try host.stop() == .code(0))
            #expect(try search.hits(in: data) == [])
            #expect(try isVerified())
        }

        @Test("a running host is asked, begins anew at its address and goes on without the student")
        func running() throws {
            let host = try host(["log.integrity=true"])
            try fill(host)
            let before = try states(of: host)
            let certificate = try erase()
            #expect((certificate["events"] as? [String: Int])?.values.reduce(0, +) == 9)
            #expect(try eventually(seconds: 30) { (try? host.request("/readyz").status) == 200 })
            let after = try states(of: host)
            #expect(ofOthers(after) == ofOthers(before))
            #expect(try IdentitySearch(Self.id).hits(in: data) == [])
            #expect(try publish(events().student, to: host).status == 400)
            #expect(try host.stop() == .code(0))
            #expect(try IdentitySearch(Self.id).hits(in: data) == [])
            #expect(try isVerified())
        }

        @Test("an erasure that is killed again and again is finished at the next start")
        func interrupted() throws {
            let settings = ["log.integrity=true", "log.segment=16KiB"]
            let options = settings.flatMap { ["--set", $0] }
            let host = try host(settings)
            try fill(host)
            let before = try states(of: host)
            #expect(try host.stop() == .code(0))
            var generator = SeededGenerator(seed: 3)
            for _ in 0..<12 {
                let erasing = try ChildProcess(
                    Installation.lectern, ["erase", "--student", Self.id, "--data", data] + options)
                usleep(UInt32.random(in: 5_000...60_000, using: &generator))
                erasing.crash()
            }
            try host.restart()
            if try !IdentitySearch(Self.id).hits(in: data).isEmpty { try erase(options) }
            #expect(try eventually(seconds: 30) { (try? host.request("/readyz").status) == 200 })
            let after = try states(of: host)
            #expect(ofOthers(after) == ofOthers(before))
            #expect(try host.stop() == .code(0))
            #expect(try IdentitySearch(Self.id).hits(in: data) == [])
            #expect(try isVerified())
        }
    }
}
