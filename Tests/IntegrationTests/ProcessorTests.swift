import Foundation
import Testing

extension IntegrationTests {
    @Suite("The processor")
    struct ProcessorTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func quiz(_ user: String, _ id: Int) -> String {
            #"{"event_type":"module_quiz_completed","event_id":"e\#(id)","user_id":"\#(user)","domain":"dsa","module":"m","#
                + #""score":80,"time_taken":60,"timestamp":"2026-01-31T09:00:00Z"}"#
        }

        private func host(_ settings: [String] = []) throws -> HostProcess {
            try HostProcess(
                data: "\(folder.path)/data",
                settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms", "dedup.field=event_id"] + settings)
        }

        private func figures(_ host: HostProcess) throws -> [String: Double] {
            let lines = try host.request("/metrics/processor").body.split(separator: "\n")
            let pairs = lines.filter { !$0.hasPrefix("#") }.compactMap { line in
                line.lastIndex(of: " ").flatMap { space in
                    Double(line[line.index(after: space)...]).map { (String(line[..<space]), $0) }
                }
            }
            return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        }

        @Test("status, aggregates and figures of a host that has folded")
        func told() throws {
            let rule = "filters.rules=[{name: no-eve, when: {field: user_id, equals: eve}, action: block}]"
            let host = try host([rule, "outputs.feed={type: file}", "plugins.quiz-analytics.placement=inprocess"])
            let events = (0..<20).map { quiz($0 % 5 == 0 ? "eve" : "123", $0) } + [quiz("123", 1), quiz("123", 1)]
            let file = try folder.write("events.jsonl", lines: events)
            try run(Installation.lectern, ["replay", file, "--to", host.address])
            let isTold = try eventually(seconds: 60) {
                let found = try figures(host)
                return found["events_processed_total"] == 22 && found["events_filtered_total"] == 4
                    && found["events_deduplicated_total{kind=\"natural\"}"] == 2
                    // Of the host and of a worker, once they have folded all.
                    && found["processing_duration_seconds_count{worker=\"host\"}"] == 22
                    && found["processing_duration_seconds_count{worker=\"memory-score\"}"] == 22
            }
            let found = try figures(host)
            #expect(isTold, "\(found)")
            let sum = try #require(found["processing_duration_seconds_sum{worker=\"memory-score\"}"])
            #expect(sum > 0)
            let share = try #require(found["worker_utilization_percent{worker=\"memory-score\",shard=\"0\"}"])
            #expect((0...100).contains(share))

            let status = try host.object("/processor/status")
            #expect(status["status"] as? String == "running", "\(status)")
            let stores = status["stores"] as? [[String: Any]] ?? []
            #expect(stores.map { $0["connected"] as? Bool } == [true])
            let workers = status["workers"] as? [[String: Any]] ?? []
            #expect(workers.first?["process"] as? Int == Int(host.processID))

            // Seed 003's line, with `_` for `-`, and the actor as the user.
            let isShown = try eventually(seconds: 20) {
                let answer = try host.object("/processor/aggregation?aggregator=quiz_analytics.quizzes&key=user:123")
                let aggregates = answer["aggregates"] as? [[String: Any]] ?? []
                return aggregates.count == 1 && aggregates[0]["key"] as? String == "actor:123,domain:dsa"
            }
            #expect(isShown)
            let none = try host.object("/processor/aggregation?aggregator=quizzes&key=user:eve")
            #expect((none["aggregates"] as? [Any])?.isEmpty == true)
        }

        @Test("a store that goes away is told, and so is its coming back")
        func storeAway() throws {
            let redis = try RedisProcess(in: "\(folder.path)/redis")
            let socket = try #require(redis.settings.last?.split(separator: "=").last)
            let host = try host([
                "kvs.default={type: sqlite}", "kvs.cache={type: redis, socket: \(socket), timeout: 200ms}",
            ])
            func isConnected() throws -> Bool? {
                let stores = try host.object("/processor/status")["stores"] as? [[String: Any]] ?? []
                return stores.first { $0["name"] as? String == "cache" }?["connected"] as? Bool
            }
            #expect(try eventually(seconds: 20) { try isConnected() == true })
            try redis.stop()
            #expect(try eventually(seconds: 30) { try isConnected() == false })
            let status = try host.object("/processor/status")
            #expect(status["status"] as? String == "degraded")
            try redis.restart()
            #expect(try eventually(seconds: 30) { try isConnected() == true })
        }

        @Test("switched off, rules rest, and the status says so")
        func disabled() throws {
            let rule = "filters.rules=[{name: no-eve, when: {field: user_id, equals: eve}, action: block}]"
            let host = try host([rule, "processor.enabled=false"])
            let file = try folder.write("events.jsonl", lines: (0..<5).map { quiz("eve", $0) })
            try run(Installation.lectern, ["replay", file, "--to", host.address])
            #expect(
                try eventually(seconds: 20) {
                    let answer = try host.object("/processor/aggregation?aggregator=quizzes&key=user:eve")
                    return (answer["aggregates"] as? [Any])?.count == 1
                })
            #expect(try host.object("/processor/status")["enabled"] as? Bool == false)
            #expect(try figures(host)["events_filtered_total"] == 0)
        }
    }
}
