import Foundation
import Testing

extension IntegrationTests {
    @Suite("A host that is killed again and again")
    struct CrashTests {
        private let folder: TemporaryFolder
        private let plugins: TimelessPlugins
        private var data: String { folder.path }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TimelessPlugins()
            try KnownLog.prepare(folder)
        }

        /// Replays into a host that is killed at ten seeded moments, each with more to come, then ends it properly.
        private func replayThroughCrashes(
            _ inputs: [String], events: Int, options: [String], settings: [String], seed: UInt64
        ) throws -> HostProcess {
            var generator = SeededGenerator(seed: seed)
            let host = try HostProcess(
                data: data, plugins: plugins.path,
                settings: settings + ["ingest.trust=loopback", "reduction.checkpoint=50ms"])
            let replay = try Replaying(inputs, to: host, options)
            for point in generator.points(10, in: events / 50..<events * 9 / 10, gap: events / 40) {
                try replay.waitForAcknowledgement(of: point)
                #expect(host.isRunning)
                host.crash()
                #expect(replay.isRunning && replay.acknowledged < events, "there was nothing more to come")
                try host.restart()
            }
            let report = try replay.finish()
            #expect(report.acknowledged == events)
            #expect(try host.stop() == .code(0))
            return host
        }

        /// What the host shows after a start, against the fold of the same files.
        private func expectStates(of host: HostProcess, toEqual folding: Folding) throws {
            try host.restart()
            try host.expectStates(equal: folding())
            #expect(try host.stop() == .code(0))
        }

        @Test("50,000 events through ten crashes: the fold's states, each event once")
        func simulated() throws {
            let group = try SimulatedClass(events: 50_000)
            let host = try replayThroughCrashes(
                [group.file], events: 50_000, options: ["--connections", "4", "--rate", "20000", "--window", "256"],
                settings: [], seed: 3)
            let stored = try KnownLog.events(in: data)
            #expect(stored.count == 50_000)
            #expect(Set(stored.map { "\($0["client"] ?? "") \($0["sequence"] ?? "")" }).count == 50_000)
            let ids = stored.compactMap { ($0["payload"] as? [String: Any])?["event_id"] as? String }
            let sent = try lines(of: group.file).map { try JSONRow.object($0)["event_id"] as? String ?? "" }
            #expect(ids.sorted() == sent.sorted())
            try expectStates(of: host, toEqual: Folding(inputs: [group.file], plugins: plugins.path))
        }

        @Test(
            "a real course through ten crashes: the fold's states, each event once",
            .enabled(if: Installation.isDataExpected, "../shared/data is absent"))
        func course() throws {
            let count = try [EngagementOracle.roster, EngagementOracle.log].reduce(0) { try $0 + lines(of: $1).count }
            let host = try replayThroughCrashes(
                EngagementOracle.inputs, events: count, options: ["--rate", "150", "--window", "4"],
                settings: EngagementOracle.settings, seed: 4)
            let folding = Folding(
                inputs: EngagementOracle.inputs, settings: EngagementOracle.settings, plugins: plugins.path)
            #expect(try KnownLog.events(in: data).count == folding().summary.events)
            try expectStates(of: host, toEqual: folding)
        }

        @Test("a replay that was killed goes on where the host stopped, and counts nothing twice")
        func resumed() throws {
            let group = try SimulatedClass(events: 5_000)
            let host = try HostProcess(data: data, plugins: plugins.path)
            let options = ["--client", "again", "--window", "64"]
            let first = try Replaying([group.file], to: host, options + ["--rate", "4000"])
            try first.waitForAcknowledgement(of: 1_500)
            first.crash()
            let known = first.acknowledged
            #expect(known < 5_000)
            let report = try Replaying([group.file], to: host, options).finish()
            #expect(report.events == 5_000)
            #expect(report.skipped >= known)
            #expect(try host.stop() == .code(0))
            #expect(try KnownLog.events(in: data).count == 5_000)
            try expectStates(of: host, toEqual: Folding(inputs: [group.file], plugins: plugins.path))
        }
    }
}
