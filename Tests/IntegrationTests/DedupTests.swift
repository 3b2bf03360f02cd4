import Foundation
import Testing

extension IntegrationTests {
    @Suite("Events that come twice")
    struct DedupTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        /// The folder of a plugin that counts each actor's events, under so many ids.
        private func counters(_ count: Int = 1) throws -> String {
            let path = "\(folder.path)/plugins-\(count)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for index in 0..<count {
                let definitions = index == 0 ? [] : ["ID=\"counter-\(index)\""]
                try CPlugin.build("CounterInC/counter.c", to: "\(path)/counter-\(index).so", definitions: definitions)
            }
            return path
        }

        private func event(_ type: String, _ members: String, at second: Int = 0) -> String {
            let time = Date(timeIntervalSince1970: 1_760_000_000 + Double(second)).formatted(.iso8601)
            return #"{"event_type":"\#(type)","user_id":"ada","timestamp":"\#(time)",\#(members)}"#
        }

        /// Of ada.
        private func count(_ folded: Folded) throws -> Int {
            let state = try #require(try folded.statesByComponent()["counter-in-c.counts"]?.first)
            let json = try JSONRow.object(String(state[state.firstIndex(of: "{")!...]))
            return json["events"] as? Int ?? 0
        }

        @Test(
            "30 % of them twice, written otherwise, through crashes of the host and of a worker: the fold's states of each once"
        )
        func crashes() throws {
            let group = try SimulatedClass(events: 30_000)
            let clean = try lines(of: group.file)
            var generator = SeededGenerator(seed: 11)
            // What is sent again comes up to fifty lines later, with its members in another order.
            var late: [Int: [String]] = [:]
            var sent: [String] = []
            for (index, line) in clean.enumerated() {
                sent.append(line)
                if Int.random(in: 0..<10, using: &generator) < 3 {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                    let again = try JSONSerialization.data(
                        withJSONObject: object, options: [.sortedKeys, .prettyPrinted])
                    let text = String(decoding: again, as: UTF8.self).replacing("\n", with: " ")
                    late[index + Int.random(in: 0..<50, using: &generator), default: []].append(text)
                }
                sent += late.removeValue(forKey: index) ?? []
            }
            sent += late.values.flatMap { $0 }
            let plugins = try TimelessPlugins()
            try KnownLog.prepare(folder, below: "data")
            let host = try HostProcess(
                data: "\(folder.path)/data", plugins: plugins.path,
                settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms", "dedup.field=event_id"])
            let replay = try Replaying(
                [try folder.write("sent.jsonl", lines: sent)], to: host, ["--connections", "4", "--rate", "8000"])
            for (index, point) in generator.points(6, in: 2_000..<32_000, gap: 2_000).enumerated() {
                try replay.waitForAcknowledgement(of: point)
                if index % 2 == 0 {
                    host.crash()
                    try host.restart()
                } else {
                    let worker = try #require(host.workers().first)
                    kill(worker, SIGKILL)
                }
            }
            #expect(try replay.finish().acknowledged == sent.count)
            #expect(
                try eventually(seconds: 60) {
                    try host.metric(#"lectern_events_duplicate_total{kind="natural"}"#) > 0
                })
            #expect(try host.metric(#"lectern_events_duplicate_total{kind="synthetic"}"#) == 0)
            #expect(try host.stop() == .code(0))
            try host.restart()
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)())
            #expect(try host.stop() == .code(0))
        }

        @Test("of one id count once if they say the same, however it is written")
        func sameContent() throws {
            let file = try folder.write(
                "events.jsonl",
                lines: [
                    event(
                        "attempt_submitted", #""client_attempt_id":"a","score":1,"text":"é","tags":["x",{"y":null}]"#),
                    #"{"tags": ["x", {"y": null}], "text": "\u00e9", "score": 1.0, "client_attempt_id": "a","#
                        + #" "timestamp": "2025-10-09T08:53:20Z", "user_id": "ada", "event_type": "attempt_submitted"}"#,
                ])
            let folded = try Folding(inputs: [file], plugins: counters())()
            #expect(try count(folded) == 1)
            #expect(folded.summary.duplicates == 1)
            #expect(folded.summary.conflicts == 0)
        }

        @Test(
            "but say something else are conflicts: the first counts, the others are dead letters, one for all plugins")
        func conflict() throws {
            let lines = [
                event("attempt_submitted", #""client_attempt_id":"a","score":1"#),
                event("attempt_submitted", #""client_attempt_id":"a","score":2"#),
                event("attempt_submitted", #""client_attempt_id":"a","score":1"#),
            ]
            let folded = try Folding(inputs: [try folder.write("events.jsonl", lines: lines)], plugins: counters())()
            #expect(try count(folded) == 1)
            #expect((folded.summary.duplicates, folded.summary.conflicts) == (1, 1))
            let letters = try folded.deadLetters()
            #expect(letters.map { $0["stage"] } == ["dedup"])
            #expect(letters.first?["text"] == lines[1])
            #expect(letters.first?["reason"]?.contains("client_attempt_id") == true)

            let host = try HostProcess(data: "\(folder.path)/data", plugins: counters(3))
            #expect(
                try Replaying([try folder.write("events.jsonl", lines: lines)], to: host).finish().acknowledged == 3)
            #expect(try host.stop() == .code(0))
            let listed = try run(
                Installation.lectern, ["dead-letters", "list", "--stage", "dedup", "--json", "--data", host.data])
            #expect(listed.split(separator: "\n").count == 1, "\(listed)")
        }

        @Test("of a session's start and end with its one id both count")
        func sessions() throws {
            let file = try folder.write(
                "events.jsonl",
                lines: [
                    event("session_start", #""session_id":"s""#), event("session_end", #""session_id":"s""#, at: 60),
                    event("session_start", #""session_id":"s""#), event("session_end", #""session_id":"s""#, at: 60),
                ])
            let folded = try Folding(inputs: [file], plugins: counters())()
            #expect(try count(folded) == 2)
            #expect(folded.summary.duplicates == 2)
        }

        @Test("later than an id is kept count again, whatever the batches, shards and restarts")
        func retention() throws {
            let day = 86_400
            let lines = [
                (0, "a"), (day - 1, "a"), (day + 1, "b"), (day + 1, "a"), (day + 2, "a"), (3 * day, "c"), (0, "b"),
            ]
            .map { event("attempt_submitted", #""client_attempt_id":"\#($0.1)""#, at: $0.0) }
            // The first and second agree but for their times.
            var folding = Folding(
                inputs: [try folder.write("events.jsonl", lines: lines)], settings: ["dedup.ignored=timestamp"],
                plugins: try counters())
            folding.settings.append("reduction.checkpoint=1ms")
            #expect(try count(folding()) == 5)
            #expect(try folding.checksumsOfAllWays { $0 % 2 == 0 ? [3] : [5] }.count == 1)
        }
    }
}
