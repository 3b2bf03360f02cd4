package import EventLog
package import KeyValueStore
package import PluginHost
import Glibc
import Records
import Synchronization

/// Folds a log as it grows: a thread for each shard, checkpoints into a store, views for those who watch. All members: any
/// thread.
package final class ReductionEngine: Sendable {
    /// What folds at present.
    private struct Live {
        var plugins: [Plugin]
        var columns: DerivedColumns
        var shards: [ShardThread]
        /// What earlier generations have folded.
        var foldedBefore: UInt64 = 0
    }

    package let views: Views
    private let log: EventLog
    private let store: any KeyValueStore
    private let configuration: ReductionConfiguration
    private let activity: ActivityFile?
    private let commits: CheckpointThread
    private let live: Mutex<Live>
    /// Held while plugins are being replaced.
    private let replacing = Mutex(())

    /// Restores the last checkpoints and starts to fold what the log holds after them.
    ///
    /// - Parameters:
    ///   - activity: where it is noted what plugins are asked.
    ///   - mayLackFunctions: go on without derived columns whose function is not there; see `lackingColumns`.
    /// - Throws: `RestoreError` or what the store throws: a checkpoint that can't be continued is never guessed at.
    ///   `DerivedColumnsError` if the settings add columns to tables that can't be.
    package init(
        _ log: EventLog, _ store: any KeyValueStore, _ plugins: [Plugin], _ configuration: ReductionConfiguration,
        activity: ActivityFile? = nil, mayLackFunctions: Bool = false
    ) throws {
        let columns = try DerivedColumns(configuration.tables, plugins, mayLackFunctions: mayLackFunctions)
        self.activity = activity
        self.log = log
        self.store = store
        self.configuration = configuration
        views = Views(plugins, columns, store: store, partitions: log.identity.partitions)
        commits = CheckpointThread(store)
        live = Mutex(Live(plugins: plugins, columns: columns, shards: []))
        let shards = try shards(of: plugins)
        for plugin in Self.rebuilt(shards) { commits.discard(plugin: plugin) }
        live.withLock { $0.shards = shards }
        for shard in shards {
            shard.goLive()
            shard.start()
        }
    }

    package var plugins: [Plugin] { live.withLock { $0.plugins } }

    /// The derived columns that are left out because no plugin has their function, a sentence each.
    package var lackingColumns: [String] { live.withLock { $0.columns.lacking } }

    /// Events that were folded, and that were duplicates, since the start.
    package var folded: UInt64 {
        live.withLock { live in
            live.shards.reduce(live.foldedBefore) { $0 + $1.counters.events.load(ordering: .relaxed) }
        }
    }
    package var duplicates: UInt64 {
        live.withLock { $0.shards.reduce(0) { $0 + $1.counters.duplicates.load(ordering: .relaxed) } }
    }
    /// Checkpoints that were committed since the start.
    package var checkpoints: Int { commits.committed }

    /// Why folding has stopped, or nil.
    package var failure: (any Error)? {
        live.withLock { $0.shards.lazy.compactMap(\.failure).first } ?? commits.failure ?? views.failure
    }

    /// Folds all that is durable, takes a last checkpoint and ends.
    package func close() {
        replacing.withLock { _ in
            for shard in live.withLock({ $0.shards }) { shard.stop() }
            commits.close()
            views.close()
        }
    }

    private func shards(of plugins: [Plugin]) throws -> [ShardThread] {
        let setup = ShardSetup(
            plugins: plugins, partitions: log.identity.partitions, batch: configuration.batch,
            dedup: configuration.dedup, hashKey: log.identity.sipHashKey, activity: activity)
        return try (0..<configuration.shards).compactMap { index in
            let owned = ThreadedSink.partitions(of: index, shards: configuration.shards, count: setup.partitions)
            if owned.isEmpty { return nil }
            return try ShardThread(
                setup, owned: owned, log: log, store: store, commits: commits, views: views, configuration)
        }
    }

    /// The plugins that can't go on from what their builds before have folded, whether it has been stored or not.
    private static func changed(from before: [Plugin], to after: [Plugin]) -> [String] {
        before.filter { old in
            after.contains { $0.id == old.id && !CheckpointSummary(old).covers($0) }
        }.map(\.id)
    }

    private static func rebuilt(_ shards: [ShardThread]) -> Set<String> {
        shards.reduce(into: []) { $0.formUnion($1.rebuilt) }
    }
}

/// Why plugins could not be replaced. The ones before go on.
package struct ReplacementError: Error, CustomStringConvertible {
    package let description: String
}

extension ReductionEngine {
    /// What replacing came to.
    package struct Replacement: Sendable {
        /// Plugins that fold the log from its first record, since their states are of another version.
        package let rebuilt: Set<String>
        package let seconds: Double
    }

    /// Goes on with other plugins, builds or sets of them, without losing an event.
    ///
    /// Beside the shards that fold now, others are made for the new plugins: they restore the last checkpoints, or begin
    /// with the first record where a plugin can't go on from its own, and fold what follows. When they have caught up, the
    /// log is told of the new generation, and at that record they take over. Whatever fails before leaves all as it was.
    /// Blocks for as long as that takes; one at a time.
    ///
    /// - Throws: `RestoreError` if a build can't read its plugin's states, `DerivedColumnsError` if functions that derived
    ///   columns call would go or change, `ReplacementError` with what else failed.
    package func replacePlugins(_ plugins: [Plugin]) throws -> Replacement {
        try replacing.withLock { _ in
            let began = MonotonicClock.microseconds
            if let failure { throw ReplacementError(description: "the host has stopped folding: \(failure)") }
            let columnsBefore = live.withLock { $0.columns }
            try columnsBefore.checkReplacement(by: plugins)
            let columns = try DerivedColumns(
                configuration.tables, plugins, mayLackFunctions: !columnsBefore.lacking.isEmpty)
            let followers = try shards(of: plugins)
            do {
                for follower in followers { follower.start() }
                try catchUp(followers)
                let generation = Generation(plugins)
                let before = live.withLock { $0.shards }
                for follower in followers { follower.start(with: generation) }
                for shard in before { shard.end(at: generation) }
                try generation.append(to: log)
                for shard in before { shard.join() }
            } catch {
                for follower in followers { follower.stop() }
                throw error
            }
            while let late = followers.first(where: { !$0.isReady }), late.failure == nil { usleep(50) }
            let rebuilt = Self.rebuilt(followers).union(Self.changed(from: live.withLock { $0.plugins }, to: plugins))
            for plugin in rebuilt { commits.discard(plugin: plugin) }
            live.withLock { live in
                live.foldedBefore += live.shards.reduce(0) { $0 + $1.counters.events.load(ordering: .relaxed) }
                for follower in followers { follower.countFromHere() }
                live.plugins = plugins
                live.columns = columns
                live.shards = followers
            }
            let committed = commits.committed
            for follower in followers { follower.goLive() }
            // What is shown changes when there is something to show.
            for _ in 0..<100 where !rebuilt.isEmpty && commits.committed == committed { usleep(20_000) }
            views.replace(plugins, columns)
            return Replacement(rebuilt: rebuilt, seconds: Double(MonotonicClock.microseconds - began) / 1e6)
        }
    }

    /// Waits until the followers are so near the log's end that waiting for them holds nobody up.
    private func catchUp(_ followers: [ShardThread]) throws {
        while true {
            if let failure = followers.lazy.compactMap(\.failure).first { throw failure }
            if let failure { throw ReplacementError(description: "the host has stopped folding: \(failure)") }
            if followers.allSatisfy({ $0.distance < 256 << 10 }) { return }
            usleep(1000)
        }
    }
}
