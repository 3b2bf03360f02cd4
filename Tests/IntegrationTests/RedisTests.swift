import Foundation
import Testing

extension IntegrationTests {
    @Suite("A host whose states are in Redis")
    struct RedisTests {
        private let folder: TemporaryFolder
        private let redis: RedisProcess
        private let plugins: TimelessPlugins
        private var data: String { folder.path + "/data" }

        init() throws {
            folder = try TemporaryFolder()
            redis = try RedisProcess(in: folder.path + "/redis")
            plugins = try TimelessPlugins()
            try KnownLog.prepare(folder, below: "data")
        }

        private func host(_ settings: [String] = [], data: String? = nil) throws -> HostProcess {
            try HostProcess(
                data: data ?? self.data, plugins: plugins.path,
                settings: redis.settings + settings + ["ingest.trust=loopback", "reduction.checkpoint=50ms"])
        }

        private func options(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }

        @Test("20,000 events through kills of the host and outages of Redis: the fold's states, no dead letter")
        func crashes() throws {
            let group = try SimulatedClass(events: 20_000)
            let host = try host()
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "3000", "--window", "256"])
            for round in 1...4 {
                try replay.waitForAcknowledgement(of: round * 3_500)
                if round.isMultiple(of: 2) { try redis.stop() }
                // Ingest goes on, whether the states can be stored or not.
                try replay.waitForAcknowledgement(of: round * 3_500 + 1_000)
                #expect(host.isRunning)
                if round != 2 { host.crash() }
                if round.isMultiple(of: 2) { try redis.restart() }
                if round != 2 { try host.restart() }
            }
            let report = try replay.finish()
            #expect(report.acknowledged == 20_000 && report.rejected == 0)
            #expect(try host.stop() == .code(0))
            let shown = ["kvs", "keys", "Internal,", "--data", data] + options(redis.settings)
            #expect(try run(Installation.lectern, shown).split(separator: "\n").count > 100)
            #expect(!FileManager.default.fileExists(atPath: data + "/default.sqlite"))

            try host.restart()
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)())
            #expect(try host.stop() == .code(0))
        }

        @Test("of two hosts that both believe the log is theirs, the earlier one can store nothing more")
        func fenced() throws {
            let group = try SimulatedClass(events: 300)
            let first = try host()
            #expect(try Replaying([group.file], to: first).finish().acknowledged == 300)
            #expect(try first.stop() == .code(0))
            let copy = folder.path + "/copy"
            try FileManager.default.copyItem(atPath: data, toPath: copy)
            try first.restart()
            let second = try host(data: copy)
            let more = try SimulatedClass(events: 50, seed: 8)
            #expect(try Replaying([more.file], to: first).finish().acknowledged == 50)
            #expect(
                try eventually(seconds: 60) {
                    try first.request("/readyz").body.contains("another host has taken the partition over")
                })
            #expect(try second.request("/readyz").status == 200)
            #expect(try Replaying([more.file], to: second).finish().acknowledged == 50)
            #expect(try second.stop() == .code(0))
        }
    }
}
