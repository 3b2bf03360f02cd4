import Foundation
import Testing

extension IntegrationTests {
    @Suite("Filter rules")
    struct FilterTests {
        private let folder: TemporaryFolder
        private let plugins: TimelessPlugins
        private var data: String { "\(folder.path)/data" }
        private var rules: String { "\(folder.path)/filters.yaml" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TimelessPlugins()
            try KnownLog.prepare(folder, below: "data")
        }

        private func write(_ yaml: String) throws {
            try Data(yaml.utf8).write(to: URL(filePath: rules), options: .atomic)
        }

        private func host(_ settings: [String] = []) throws -> HostProcess {
            try HostProcess(
                data: data, plugins: plugins.path,
                settings: ["ingest.trust=loopback", "filters.file=\(rules)", "reduction.checkpoint=50ms"] + settings)
        }

        /// What the rules that hold are called, as the host says.
        private func names(_ host: HostProcess) throws -> [String] {
            let rules = try host.object("/processor/filters")["rules"] as? [[String: Any]] ?? []
            return rules.compactMap { $0["name"] as? String }
        }

        private func figure(_ name: String, of rule: String, _ host: HostProcess) throws -> Int {
            let rules = try host.object("/processor/filters")["rules"] as? [[String: Any]] ?? []
            return rules.first { $0["name"] as? String == rule }?[name] as? Int ?? -1
        }

        private func quiz(_ user: String, _ score: Int, id: Int, module: String = "arrays") -> String {
            #"{"event_type":"module_quiz_completed","event_id":"e\#(id)","user_id":"\#(user)","domain":"dsa","module":"\#(module)","#
                + #""score":\#(score),"time_taken":60,"timestamp":"2026-01-31T09:00:0\#(id % 10)Z"}"#
        }

        /// The host's states are those of a fold of its log.
        private func expectLaw(_ host: HostProcess) throws {
            try host.expectStates(equal: Folding(log: data, plugins: plugins.path)())
        }

        @Test("what is blocked leaves no trace: the states are those of the other events alone")
        func blocked() throws {
            let lines = (0..<200).map { quiz($0 % 3 == 0 ? "bob" : "ada", $0 % 101, id: $0) }
            let all = try folder.write("all.jsonl", lines: lines)
            let others = try folder.write("others.jsonl", lines: lines.filter { !$0.contains("bob") })
            let settings = ["dedup.field=event_id"]
            let expected = try Folding(inputs: [others], settings: settings, plugins: plugins.path)()
            let rule = #"filters.rules=[{name: r, when: {field: user_id, equals: bob}, action: block}]"#
            let found = try Folding(inputs: [all], settings: settings + [rule], plugins: plugins.path)
                .checksumsOfAllWays()
            #expect(found == [expected.summary.sha256])
        }

        @Test("a blocked event is no first of its id: the one that follows counts")
        func notADuplicate() throws {
            let first = quiz("ada", 10, id: 1), second = quiz("ada", 90, id: 1)
            let both = try folder.write("both.jsonl", lines: [first, second])
            let alone = try folder.write("alone.jsonl", lines: [second])
            let settings = ["dedup.field=event_id"]
            let rule = #"filters.rules=[{name: r, when: {field: score, below: 50}, action: block}]"#
            let found = try Folding(inputs: [both], settings: settings + [rule], plugins: plugins.path)()
            let expected = try Folding(inputs: [alone], settings: settings, plugins: plugins.path)()
            #expect(found.summary.sha256 == expected.summary.sha256)
        }

        @Test("a client that does not say what it is called has an empty agent", arguments: ["worker", "inprocess"])
        func emptyAgent(placement: String) throws {
            try write(
                """
                presets: [bots]
                rules:
                  - {name: nameless, when: {field: server.agent, equals: ""}, action: allow}
                """)
            let host = try host(["plugins.placement=\(placement)"])
            let answer = try host.request(
                "/api/v1/events",
                ["-A", "", "-H", "Content-Type: application/json", "--data", quiz("ada", 10, id: 1)])
            #expect(answer.status == 200)
            #expect(try eventually(seconds: 20) { try figure("matched", of: "nameless", host) == 1 })
            #expect(try host.stop() == .code(0))
        }

        @Test("plugins see what a transform makes of an event, and the log keeps what came")
        func transformed() throws {
            let came = try folder.write("came.jsonl", lines: (0..<50).map { quiz("ada", $0, id: $0, module: "old") })
            let meant = try folder.write("meant.jsonl", lines: (0..<50).map { quiz("ada", $0, id: $0, module: "new") })
            try write(
                """
                rules:
                  - {name: renamed, when: {field: module, equals: old}, action: transform, set: {module: new}}
                """)
            let host = try host()
            #expect(try Replaying([came], to: host).finish().acknowledged == 50)
            let expected = try Folding(inputs: [meant], plugins: plugins.path)().statesByComponent()
            for (component, states) in expected where component.hasPrefix("quiz-analytics.") {
                let reducer = String(component.dropFirst("quiz-analytics.".count))
                #expect(
                    try eventually(seconds: 20) {
                        try host.states(of: "quiz-analytics", reducer).sorted() == states.sorted()
                    }, "\(component)")
            }
            #expect(try host.stop() == .code(0))
            let payloads = try KnownLog.events(in: data).compactMap { $0["payload"] as? [String: Any] }
            #expect(payloads.count == 50)
            #expect(payloads.allSatisfy { $0["module"] as? String == "old" })
        }

        @Test(
            "rules that change under load, with crashes: the states are those of a fold of the log",
            arguments: ["worker", "inprocess"])
        func underLoad(placement: String) throws {
            let sets = [
                "rules: [{name: a, when: {field: domain, equals: dsa}, action: block}]",
                "rules: [{name: b, events: [module_quiz_completed], action: transform, set: {module: all}}]",
                "mode: first\nrules: [{name: c, when: {field: score, below: 50}, action: block}, {name: d, action: allow}]",
                "rules: []",
            ]
            try write(sets[0])
            let group = try SimulatedClass(events: 20_000)
            let host = try host(["plugins.placement=\(placement)"])
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "4000", "--window", "64"])
            for (round, point) in [2_000, 5_000, 8_000, 11_000, 14_000, 17_000].enumerated() {
                try replay.waitForAcknowledgement(of: point)
                try write(sets[(round + 1) % sets.count])
                // Some changes are met by a host that is there, others by one that comes back.
                if round % 2 == 0 {
                    host.crash()
                    try host.restart()
                }
            }
            #expect(try replay.finish().acknowledged == 20_000)
            #expect(try eventually(seconds: 20) { try names(host) == ["c", "d"] })
            try expectLaw(host)
            host.crash()
            try host.restart()
            try expectLaw(host)
            #expect(try host.stop() == .code(0))
            // Not all of it was blocked, and not nothing.
            let summary = try Folding(log: data, plugins: plugins.path)().summary
            let plain = try Folding(inputs: [group.file], plugins: plugins.path)().summary
            #expect(summary.sha256 != plain.sha256)
            // The file beside the log is made anew from it.
            try FileManager.default.removeItem(atPath: "\(data)/rules.json")
            #expect(try Folding(log: data, plugins: plugins.path)().summary.sha256 == summary.sha256)
            try host.restart()
            #expect(try names(host) == ["c", "d"])
            #expect(try host.stop() == .code(0))
        }

        @Test("a plugin that is made anew asks each event by the rules of its time")
        func rebuilt() throws {
            try write("rules: [{name: a, when: {field: score, below: 50}, action: block}]")
            let host = try host()
            let first = try folder.write("first.jsonl", lines: (0..<100).map { quiz("ada", $0, id: $0) })
            #expect(try Replaying([first], to: host).finish().acknowledged == 100)
            try write("rules: [{name: b, when: {field: score, at_least: 50}, action: block}]")
            #expect(try eventually(seconds: 20) { try names(host) == ["b"] })
            let second = try folder.write("second.jsonl", lines: (100..<200).map { quiz("bob", $0 - 100, id: $0) })
            #expect(try Replaying([second], to: host).finish().acknowledged == 100)
            try expectLaw(host)
            #expect(try host.change("quiz-analytics", "rebuild").status == 200)
            try expectLaw(host)
            #expect(try host.stop() == .code(0))
        }

        @Test("figures say what each rule did; an event that a rule can't be asked about is one dead letter")
        func figures() throws {
            try write(
                """
                steps: 1000
                rules:
                  - {name: low, when: {field: score, below: 10}, action: block}
                  - {name: hard, when: {field: answer, matches: "^(a|aa)+$"}, action: allow, on_error: dead_letter}
                """)
            let host = try host()
            var lines = (0..<100).map { quiz("ada", $0, id: $0) }
            let long = String(repeating: "a", count: 4_000) + "!"
            lines.insert(#"{"event_type":"module_quiz_completed","user_id":"ada","answer":"\#(long)"}"#, at: 50)
            lines.insert(#"{"event_type":"note","user_id":"ada","score":"none"}"#, at: 60)
            let file = try folder.write("events.jsonl", lines: lines)
            #expect(try Replaying([file], to: host).finish().acknowledged == 102)
            #expect(try eventually(seconds: 20) { try figure("matched", of: "low", host) == 10 })
            #expect(try eventually(seconds: 20) { try figure("unknown", of: "low", host) == 2 })
            #expect(try figure("blocked", of: "low", host) == 10)
            #expect(try figure("errors", of: "hard", host) == 1)
            #expect(try host.metric(#"lectern_filter_matches_total{rule="low",action="block"}"#) == 10)
            #expect(try host.metric(#"lectern_filter_errors_total{rule="hard",action="allow"}"#) == 1)
            #expect(
                try eventually(seconds: 20) { try host.metric(#"lectern_dead_letters_total{stage="filter"}"#) == 1 })
            #expect(try host.stop() == .code(0))
            let letters = try run(
                Installation.lectern, ["dead-letters", "list", "--stage", "filter", "--data", data, "--json"])
            #expect(letters.split(separator: "\n").count == 1)
            #expect(letters.contains("the filter rule hard"), "\(letters)")
        }

        @Test("a file of rules with a mistake changes nothing, and the mistake is said")
        func mistake() throws {
            try write("rules: [{name: a, action: allow}]")
            let host = try host()
            try write("rules: [{name: a, action: alow}]")
            #expect(try eventually(seconds: 20) { host.complained.contains("filters.yaml:1, rules.0.action") })
            #expect(host.complained.contains("Did you mean `allow`?"))
            #expect(try names(host) == ["a"])
            #expect(try host.stop() == .code(0))
        }

        @Test("lectern rules test says what each rule does with the events of a file")
        func tried() throws {
            try write(
                """
                presets: [rapid-fire]
                rules:
                  - {name: low, when: {field: score, below: 10}, action: block}
                  - {name: top, when: {field: score, at_least: 99}, action: transform, rename: {score: points}}
                """)
            let file = try folder.write("events.jsonl", lines: (0..<100).map { quiz("ada", $0, id: $0) })
            let printed = try run(Installation.lectern, ["rules", "test", rules, "--input", file, "--json"])
            let lines = try printed.split(separator: "\n").map { try JSONRow.object(String($0)) }
            #expect(lines.map { $0["rule"] as? String } == ["low", "top", "rapid-fire"])
            #expect(lines.map { $0["matched"] as? Int } == [10, 1, 0])
            #expect(lines[0]["blocked"] as? Int == 10)
            #expect(lines[0]["line"] as? Int == 1)
            #expect(lines[1]["line"] as? Int == 100)
            #expect(lines[1]["leaves"] as? String == #"{"score":null,"points":99}"#)
            #expect(lines[2]["unknown"] as? Int == 90)
            let table = try run(Installation.lectern, ["rules", "test", rules, "--input", file])
            #expect(table.contains("MATCHED") && table.contains("rapid-fire"))
            try write("rules: [{name: a}]")
            let wrong = try ChildProcess(Installation.lectern, ["rules", "test", rules])
            #expect(try wrong.wait() == .code(1))
            #expect(wrong.complained.contains("rules.0.action: found nothing"), "\(wrong.complained)")
        }
    }
}
