import Foundation
import Testing

extension IntegrationTests {
    /// States leave memory and come back. One MiB is less than a host takes without any, so that room is made all the time.
    @Suite("A host with too little memory")
    struct MemoryTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            try KnownLog.prepare(folder, below: "data")
        }

        private func host(_ plugins: String, _ settings: String...) throws -> HostProcess {
            try HostProcess(
                data: data, plugins: plugins,
                settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms", "reduction.memory=1MiB"] + settings)
        }

        /// States that are not in memory.
        private func spilled(_ host: HostProcess) throws -> Int { try host.metric(#"lectern_states{place="file"}"#) }

        @Test(
            "has the fold's states, through crashes, in workers and in the host",
            arguments: [("worker", 3), ("inprocess", 1)])
        func fold(placement: String, shards: Int) throws {
            let group = try SimulatedClass(events: 60_000, students: 4_000)
            let plugins = try TimelessPlugins()
            let host = try host(plugins.path, "plugins.placement=\(placement)", "reduction.shards=\(shards)")
            let replay = try Replaying([group.file], to: host, ["--connections", "4", "--rate", "8000"])
            for point in [20_000, 40_000] {
                try replay.waitForAcknowledgement(of: point)
                #expect(try eventually(seconds: 60) { try spilled(host) > 0 })
                host.crash()
                try host.restart()
            }
            #expect(try replay.finish().acknowledged == 60_000)
            #expect(try eventually(seconds: 60) { try spilled(host) > 0 })
            #expect(try host.stop() == .code(0))
            try host.restart()
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)())
            #expect(try host.stop() == .code(0))
        }

        @Test("knows which events came before, wherever their ids are", arguments: [1, 3])
        func duplicates(shards: Int) throws {
            let group = try SimulatedClass(events: 60_000, students: 4_000)
            let plugins = try TimelessPlugins()
            let host = try host(
                plugins.path, "dedup.field=event_id", "dedup.retention=300d", "reduction.shards=\(shards)")
            for time in 1...2 {
                // Each run of a replay is a client of its own.
                let again = try folder.write("\(UUID().uuidString).jsonl", lines: lines(of: group.file))
                _ = try Replaying([again], to: host, ["--connections", "4", "--client", "client-\(time)"]).finish()
                #expect(
                    try eventually(seconds: 60) { try host.metric(#"lectern_dedup_marks{place="file"}"#) > 30_000 })
                let duplicates = #"lectern_events_duplicate_total{kind="natural"}"#
                #expect(try eventually(seconds: 60) { try host.metric(duplicates) >= (time - 1) * 30_000 })
                host.crash()
                try host.restart()
            }
            #expect(try host.stop() == .code(0))
            try host.restart()
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)())
            #expect(try host.stop() == .code(0))
        }

        @Test("wakes states that wait for time, wherever they are")
        func timers() throws {
            let plugins = try TemporaryFolder()
            try plugins.copy(Installation.plugin("memory-score"), to: "memory-score.so")
            let host = try host(plugins.path)
            func publish(_ student: String, _ time: Date) -> String {
                let time = time.formatted(.iso8601)
                return
                    #"{"event":"module_quiz_completed","user_id":"\#(student)","domain":"dsa","module":"m","#
                    + #""score":85,"timestamp":"\#(time)"}"# + "\n"
            }
            let now = Date()
            func send(_ lines: String) throws {
                let file = try folder.write("events-\(UUID().uuidString).jsonl", Data(lines.utf8))
                _ = try Replaying([file], to: host).finish()
            }
            // How long a student may wait.
            try send(publish("first", now))
            var first: [String: Any] = [:]
            #expect(
                try eventually(seconds: 60) {
                    first = try host.rows(of: "memory-score/memory_scores").first ?? [:]
                    return !first.isEmpty
                })
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime]
            func time(_ column: String) throws -> Date {
                let text = (first[column] as? String ?? "").replacing(/\.\d+/, with: "")
                return try #require(formatter.date(from: text), "\(first)")
            }
            let wait = try time("next_review_at").timeIntervalSince(time("last_reviewed_at"))
            // All of them are due in 15 to 25 seconds.
            try send((0..<3_000).map { publish("s\($0)", now + 15 + Double($0 % 10) - wait) }.joined())
            #expect(try eventually(seconds: 60) { try spilled(host) > 1_000 })
            let due = { (states: [String]) in states.count { $0.contains("\"dueAt\"") } }
            #expect(
                try eventually(seconds: 120) {
                    due(try host.states(of: "memory-score", "memories")) >= 3_000
                })
            #expect(try host.stop() == .code(0))
            let folded = try Folding(log: data, plugins: plugins.path)()
            try host.restart()
            try host.expectStates(equal: folded)
            #expect(try host.stop() == .code(0))
        }

        @Test("says so when that can't be enough")
        func warning() throws {
            let plugins = try TimelessPlugins()
            let host = try host(plugins.path)
            #expect(try eventually(seconds: 60) { host.complained.contains("reduction.memory is 1 MiB: raise it") })
            #expect(try host.stop() == .code(0))
        }
    }
}
