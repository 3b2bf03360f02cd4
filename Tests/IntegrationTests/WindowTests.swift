import Foundation
import Testing

extension IntegrationTests {
    /// The five aggregations of event-aggregations. Their disorder is 30 s, their grace 24 h; user-hourly windows stay 30 days.
    @Suite("Windows of time")
    struct WindowTests {
        /// Less than a host takes without any state, so that room is made all the time.
        private static let little = "reduction.memory=1MiB"
        private let folder: TemporaryFolder
        private let plugins: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TemporaryFolder()
            try plugins.copy(Installation.plugin("event-aggregations"), to: "event-aggregations.so")
            try KnownLog.prepare(folder, below: "data")
        }

        private func folding(_ lines: [String], _ settings: [String] = []) throws -> Folding {
            let file = try folder.write("\(UUID().uuidString).jsonl", lines: lines)
            return Folding(inputs: [file], settings: settings, plugins: plugins.path)
        }

        @Test("100 orders of events within the disorder give one SHA-256, and nothing is late or corrected")
        func disorder() throws {
            var generator = SeededGenerator(seed: 5)
            let attempts = Attempts(learners: 5, seconds: 7_400, every: 20)
            var found: Set<String> = []
            for _ in 0..<100 {
                let folded = try folding(attempts.shuffled(within: 30, using: &generator).lines)()
                #expect(folded.summary.late == 0)
                let revisions = try folded.rows(of: "event-aggregations.user_hourly_attempts").map { $0["revision"] }
                #expect(revisions.allSatisfy { $0 == "0" })
                found.insert(folded.summary.sha256)
            }
            #expect(found.count == 1)
        }

        @Test("shards, batches and restarts change nothing, with late events and windows that go")
        func ways() throws {
            var generator = SeededGenerator(seed: 6)
            // 100 days in steps of ten minutes, so that windows go all the time.
            let attempts = Attempts(learners: 3, seconds: 100 * 86_400, every: 6_000)
            let lines = attempts.shuffled(within: 3 * 86_400, using: &generator).lines
            let folding = try folding(lines)
            let one = try folding()
            #expect(one.summary.late > 0)
            var found = try folding.checksumsOfAllWays()
            found.formUnion(
                try folding.checksumsOfAllWays { _ in generator.points(3, in: 1..<lines.count - 1, gap: 1) })
            #expect(found == [one.summary.sha256])
        }

        @Test(
            "events after the grace are late, exactly as many as there are, and change nothing", arguments: [0, 1, 17])
        func late(count: Int) throws {
            let attempts = Attempts(learners: 1, seconds: 3_600, every: 60)
            // Two days after the hour: the grace of its hour and of its day are over.
            let last = Attempts.line(at: Attempts.start + 3 * 86_400, learner: 0, number: 1_000)
            let behind = (0..<count).map { Attempts.line(at: Attempts.start + $0, learner: 0, number: 2_000 + $0) }
            let without = try folding(attempts.lines + [last])()
            let with = try folding(attempts.lines + [last] + behind)()
            #expect(with.summary.late == count)
            #expect(with.summary.sha256 == without.summary.sha256)
        }

        @Test("windows go when their time is over, from states and from tables")
        func retention() throws {
            let first = Attempts(learners: 2, seconds: 600, every: 60).lines
            let after = (0..<2).map {
                Attempts.line(at: Attempts.start + 31 * 86_400, learner: $0, number: 5_000 + $0)
            }
            let folded = try folding(first + after)()
            let windows = try folded.rows(of: "event-aggregations.user_hourly_attempts").map { $0["window"] }
            #expect(windows == ["2025-02-26T10:00:00Z", "2025-02-26T10:00:00Z"])
            let days = try folded.rows(of: "event-aggregations.user_daily_sessions").compactMap { $0["window"] }
            #expect(Set(days) == ["2025-01-26T00:00:00Z", "2025-02-26T00:00:00Z"])
        }

        @Test(
            "a host that crashes has the fold's windows, in workers and in the host, also with little memory",
            arguments: [("worker", []), ("inprocess", []), ("worker", [Self.little]), ("inprocess", [Self.little])])
        func crashes(placement: String, memory: [String]) throws {
            var generator = SeededGenerator(seed: 7)
            // Nine weeks, a third of a day out of order: hours go, some events are late, many correct.
            let attempts = Attempts(learners: 40, seconds: 63 * 86_400, every: 10_800)
            let file = try folder.write(
                "attempts.jsonl", lines: attempts.shuffled(within: 2 * 86_400, using: &generator).lines)
            let host = try HostProcess(
                data: data, plugins: plugins.path,
                settings: [
                    "ingest.trust=loopback", "reduction.checkpoint=50ms", "plugins.placement=\(placement)",
                ] + memory)
            let replay = try Replaying([file], to: host, ["--connections", "4", "--rate", "5000"])
            for point in [5_000, 12_000] {
                try replay.waitForAcknowledgement(of: point)
                host.crash()
                try host.restart()
            }
            #expect(try replay.finish().acknowledged == attempts.events.count)
            let folded = try Folding(log: data, plugins: plugins.path)()
            try host.expectStates(equal: folded)
            let rows = try folded.rows(of: "event-aggregations.system_5min_metrics").count
            #expect(
                try eventually(seconds: 20) {
                    try host.rows(of: "event-aggregations/system_5min_metrics").count == rows
                })
            #expect(try host.stop() == .code(0))
            // What is stored is what is left: nothing comes back with the next start.
            try host.restart()
            try host.expectStates(equal: folded)
            #expect(try host.stop() == .code(0))
        }

        @Test("a late event that is in time corrects what is shown, and its revision says so")
        func correction() throws {
            let host = try HostProcess(
                data: data, plugins: plugins.path,
                settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms"])
            func publish(_ time: Int, _ number: Int) throws {
                let line = Attempts.line(at: time, learner: 0, number: number)
                let answer = try host.request(
                    "/api/v1/events", ["-H", "Content-Type: application/json", "--data", line])
                #expect(answer.status == 200)
            }
            /// Attempts and revision of the first hour.
            func hour() throws -> [Int?] {
                let rows = try host.rows(of: "event-aggregations/user_hourly_attempts")
                let first = rows.first { $0["window"] as? String == "2025-01-26T10:00:00Z" }
                return [first?["attempts"] as? Int, first?["revision"] as? Int]
            }
            try publish(Attempts.start, 1)
            try publish(Attempts.start + 2 * 3_600, 2)
            #expect(try eventually(seconds: 20) { try hour() == [1, 0] })
            try publish(Attempts.start + 60, 3)
            #expect(try eventually(seconds: 20) { try hour() == [2, 1] })
            try publish(Attempts.start + 3 * 86_400, 4)
            try publish(Attempts.start + 120, 5)
            #expect(try eventually(seconds: 20) { try host.metric("lectern_events_late_total") == 1 })
            #expect(try hour() == [2, 1])
            #expect(try host.stop() == .code(0))
        }
    }
}
