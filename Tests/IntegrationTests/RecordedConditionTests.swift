import Foundation
import Testing

extension IntegrationTests {
    /// Filter rules by what functions of plugins say and by what an actor did before: both are found out before an event is
    /// stored, and stored with it.
    @Suite("Rules by functions and windows", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct RecordedConditionTests {
        private let folder: TemporaryFolder
        private let plugins: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TemporaryFolder()
            try plugins.copy(Installation.plugin("event-aggregations"), to: "event-aggregations.so")
            try install([])
            try KnownLog.prepare(folder, below: "data")
        }

        private func install(_ definitions: [String]) throws {
            let made = "\(folder.path)/functions.\(definitions.joined())"
            try CPlugin.build("FunctionsInC/functions.c", to: made, definitions: definitions)
            let library = try Data(contentsOf: URL(filePath: made)) + Data("\(definitions)".utf8)
            try library.write(to: URL(filePath: "\(plugins.path)/functions.so"), options: .atomic)
        }

        private static let settings = [
            "enrichment.budget=5s", "enrichment.derived.checks.level=level(sum(2, score))",
            "enrichment.sources.hours.type=table",
            "enrichment.sources.hours.table=event-aggregations/user_hourly_attempts",
            "enrichment.enrichers.activity={source: hours, member: activity, members: [attempts], ttl: 0s}",
            "filters.rules=[{name: easy, when: {field: checks.level, equals: high}, action: block}, "
                + "{name: floods, when: {field: activity.attempts, at_least: 3}, action: block}]",
        ]

        private func host(_ settings: [String], placement: String) throws -> HostProcess {
            try HostProcess(
                data: data, plugins: plugins.path,
                settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms", "plugins.placement=\(placement)"]
                    + settings)
        }

        private func send(_ user: String, score: Int, to host: HostProcess, more: String = "") throws {
            let event =
                #"{"event_type":"attempt","user_id":"\#(user)","score":\#(score),"timestamp":"2026-01-31T09:00:00Z"\#(more)}"#
            let answer = try host.request("/api/v1/events", ["-H", "Content-Type: application/json", "--data", event])
            #expect(answer.status == 200, "\(answer.body)")
        }

        /// The attempts of each learner within the hour, as the host shows them.
        private func attempts(_ host: HostProcess) throws -> [String: Int] {
            try host.rows(of: "event-aggregations/user_hourly_attempts").reduce(into: [:]) { found, row in
                if let user = row["user_id"] as? String { found[user] = row["attempts"] as? Int }
            }
        }

        private func matched(_ host: HostProcess) throws -> [Int] {
            let rules = try host.object("/processor/filters")["rules"] as? [[String: Any]] ?? []
            return rules.compactMap { $0["matched"] as? Int }
        }

        private func derived(_ host: HostProcess) throws -> [String] {
            try host.object("/processor/enrichment")["derived"] as? [String] ?? []
        }

        @Test(
            "give each event one verdict: after kill -9, in a rebuild, and in a fold of the log that asks nobody",
            arguments: ["worker", "inprocess"])
        func verdicts(placement: String) throws {
            let host = try host(Self.settings, placement: placement)
            for _ in 0..<3 { try send("ada", score: 10, to: host) }
            #expect(try eventually(seconds: 20) { try attempts(host) == ["ada": 3] })
            // Her fourth one in the hour, one that is too good, one that says it is neither, and one that is counted.
            try send("ada", score: 10, to: host)
            try send("bob", score: 90, to: host)
            try send("ada", score: 90, to: host, more: #","checks":{"level":"low"},"activity":{"attempts":0}"#)
            try send("eve", score: 10, to: host)
            #expect(try eventually(seconds: 20) { try attempts(host) == ["ada": 3, "eve": 1] })
            #expect(try matched(host) == [2, 1])

            let recorded = try KnownLog.events(in: data).map { $0["fields"] as? [String: Any] ?? [:] }
            #expect(
                recorded.map { ($0["checks"] as? [String: String])?["level"] }
                    == ["low", "low", "low", "low", "high", "high", "low"])
            #expect(recorded.map { ($0["activity"] as? [String: Int])?["attempts"] }[3...] == [3, nil, 3, nil])
            #expect((recorded[4]["enrichment"] as? [String: String]) == ["activity": "missing"])

            let folded = try Folding(log: data, plugins: plugins.path)()
            try host.expectStates(equal: folded)
            host.crash()
            try host.restart()
            try host.expectStates(equal: folded)
            #expect(try host.change("event-aggregations", "rebuild").status == 200)
            try host.expectStates(equal: folded)
            // Before the rows were read again nobody knows them; from then on they are as before.
            #expect(
                try eventually(seconds: 20) {
                    try send("ada", score: 10, to: host)
                    let last = try KnownLog.events(in: data).last?["fields"] as? [String: Any]
                    return (last?["activity"] as? [String: Int])?["attempts"] ?? 0 >= 3
                })
            try host.expectStates(equal: Folding(log: data, plugins: plugins.path)())
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "go on with a new build of the functions' plugin, and rest without it", arguments: ["worker", "inprocess"])
        func reloads(placement: String) throws {
            let host = try host(Self.settings, placement: placement)
            func levels() throws -> [String?] {
                try KnownLog.events(in: data).map {
                    (($0["fields"] as? [String: Any])?["checks"] as? [String: String])?["level"]
                }
            }
            try send("ada", score: 10, to: host)
            #expect(try derived(host) == ["checks.level"])
            try install(["FORGETTING=\"other\""])
            #expect(try host.reload().status == 200)
            try send("ada", score: 70, to: host)
            #expect(try levels() == ["low", "high"])

            try install(["TYPE=LECTERN_COLUMN_TIME"])
            let changed = try host.reload()
            #expect(changed.status == 409, "\(changed.body)")
            #expect(
                changed.body.contains(
                    "The plugins before go on: enrichment.derived.checks.level, “level(sum(2, score))”: expected time for a of "
                        + "sum(a: time, b: integer) -> integer, found 2, which is integer"), "\(changed.body)")
            try send("ada", score: 10, to: host)

            try FileManager.default.removeItem(atPath: "\(plugins.path)/functions.so")
            #expect(try host.reload().status == 200)
            #expect(host.complained.contains("left out: enrichment.derived.checks.level"), "\(host.complained)")
            #expect(try derived(host).isEmpty)
            try send("bob", score: 90, to: host)
            #expect(try levels() == ["low", "high", "low", nil])
            #expect(try eventually(seconds: 20) { try attempts(host) == ["ada": 2, "bob": 1] })
            #expect(try host.stop() == .code(0))
        }

        @Test("are refused where function, member or table is not there, each with its setting")
        func mistakes() throws {
            let settings = [
                "enrichment.derived.checks.a=levl(score)", "enrichment.sources.hours.type=table",
                "enrichment.sources.hours.table=event-aggregations/hours",
                "enrichment.enrichers.activity={source: hours, member: activity}",
            ]
            let wanted = [
                "enrichment.derived.checks.a, “levl(score)”: expected a function of a plugin",
                "enrichment.sources.hours.table: expected a table of plugin event-aggregations",
            ]
            let check = try ChildProcess(
                Installation.lectern,
                ["config", "check", "--plugins", plugins.path] + settings.flatMap { ["--set", $0] })
            #expect(try check.wait() == .code(1))
            for text in wanted { #expect(check.complained.contains(text), "\(check.complained)") }
            let serve = try ChildProcess(
                Installation.lectern,
                ["serve", "--data", data, "--plugins", plugins.path, "--listen", "127.0.0.1:0"]
                    + settings.flatMap { ["--set", $0] })
            #expect(try serve.wait() == .code(1))
            for text in wanted { #expect(serve.complained.contains(text), "\(serve.complained)") }
        }
    }
}
