import Foundation
import Testing

extension IntegrationTests {
    @Suite("lectern doctor")
    struct DoctorTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws { folder = try TemporaryFolder() }

        private struct Report {
            let exit: ChildProcess.Exit
            let object: [String: Any]

            var status: String { object["status"] as? String ?? "" }
            private var findings: [[String: Any]] { object["findings"] as? [[String: Any]] ?? [] }

            func status(of check: String) -> String? {
                findings.first { $0["check"] as? String == check }?["status"] as? String
            }

            func found(_ check: String) -> String {
                findings.first { $0["check"] as? String == check }?["found"] as? String ?? ""
            }

            func isWell(_ topic: String) -> Bool? {
                let topics = object["topics"] as? [[String: Any]] ?? []
                return topics.first { $0["topic"] as? String == topic }?["isWell"] as? Bool
            }
        }

        private func examine(_ more: [String] = []) throws -> Report {
            let process = try ChildProcess(
                Installation.lectern, ["doctor", "--data", data, "--plugins", Installation.plugins, "--json"] + more)
            let exit = try process.wait(seconds: 60)
            guard !process.printed.isEmpty else { throw Failure("nothing was printed: \(process.complained)") }
            return Report(exit: exit, object: try JSONRow.object(process.printed))
        }

        private static let dedup = ["dedup.field=event_id"]

        private func host(_ settings: [String] = dedup) throws -> HostProcess {
            try HostProcess(data: data, settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms"] + settings)
        }

        private func send(_ lines: [String], to host: HostProcess) throws {
            try run(
                Installation.lectern,
                ["replay", try folder.write("events.jsonl", lines: lines), "--to", host.address])
        }

        private func login(_ user: String, _ time: String = "2026-01-31T09:00:00Z", id: Int = 0) -> String {
            #"{"event_type":"user_login","event_id":"e\#(id)","user_id":"\#(user)","timestamp":"\#(time)"}"#
        }

        @Test("a deployment that is well has no problem, whether its host runs or not")
        func well() throws {
            let host = try host()
            try send((0..<20).map { login("ada", id: $0) }, to: host)
            let settings = ["--set", "dedup.field=event_id"]
            let running = try examine(settings)
            #expect(running.exit == .code(0), "\(running.object)")
            for check in [
                "settings", "plugins", "data folder", "log", "dead letters", "host", "queue", "store default",
            ] {
                #expect(running.status(of: check) == "ok", "\(check): \(running.object)")
            }
            for topic in ["high memory", "processing delays", "missing enrichments", "duplicate events"] {
                #expect(running.isWell(topic) == true, "\(topic): \(running.object)")
            }
            #expect(try host.stop() == .code(0))
            let stopped = try examine(settings)
            // Its host should run, and does not.
            #expect(stopped.status(of: "host") == "problem")
            #expect(stopped.status(of: "store default") == "ok")
            #expect(stopped.exit == .code(1))
        }

        @Test("wrong settings are all that can be said")
        func settings() throws {
            let report = try examine(["--set", "reduction.shards=many"])
            #expect(report.exit == .code(1))
            #expect(report.status == "problem")
            #expect(report.found("settings").contains("--set reduction.shards, reduction.shards: found \"many\""))
        }

        @Test("events that come twice, and nothing that knows them, explain what counts twice")
        func copies() throws {
            let host = try host([])
            try send(Array(repeating: login("ada"), count: 5) + [login("bob")], to: host)
            let report = try examine()
            #expect(report.found("copies").hasPrefix("4 of the last 6 events have the very bytes of another one"))
            #expect(report.isWell("duplicate events") == false)
            #expect(report.isWell("high memory") == true)
            #expect(report.exit == .code(0))
        }

        @Test("clocks that are ahead and letters of the last hour are warned of")
        func clocks() throws {
            let host = try host()
            try send([login("ada", "2126-01-31T09:00:00Z"), "{"], to: host)
            let report = try examine(["--set", "dedup.field=event_id"])
            #expect(report.status(of: "clients' clocks") == "warning")
            #expect(
                report.found("clients' clocks").hasPrefix(
                    "1 of the last 1 events are of the future by more than 300.0 s"))
            #expect(report.status(of: "dead letters") == "warning")
            #expect(report.found("dead letters") == "1 decode; 1 of the last hour")
        }

        @Test("a store that is away explains all four, and what runs says so")
        func storeAway() throws {
            let redis = try RedisProcess(in: "\(folder.path)/redis")
            let socket = try #require(redis.settings.last?.split(separator: "=").last)
            let cache = "kvs.cache={type: redis, socket: \(socket), timeout: 200ms, connect_timeout: 200ms}"
            let store = ["kvs.default={type: sqlite}", cache]
            let host = try host(store)
            try redis.stop()
            let isTold = try eventually(seconds: 30) {
                try examine(store.flatMap { ["--set", $0] }).status(of: "store cache") == "problem"
            }
            #expect(isTold)
            let report = try examine(store.flatMap { ["--set", $0] })
            #expect(report.exit == .code(1))
            for topic in ["high memory", "processing delays", "missing enrichments", "duplicate events"] {
                #expect(report.isWell(topic) == false, "\(topic)")
            }
            #expect(host.isRunning)
        }

        @Test("people get a line for each check, and what to do")
        func text() throws {
            let process = try ChildProcess(
                Installation.lectern, ["doctor", "--data", data, "--plugins", Installation.plugins])
            #expect(try process.wait() == .code(1))
            #expect(process.printed.contains(/\nproblem  data folder +there is no .*\n/), "\(process.printed)")
            #expect(process.printed.contains("→ Name the host's data folder with --data"))
            #expect(process.printed.contains("\nDuplicate events: nothing found\n"))
        }
    }
}
