package import EventLog
package import KeyValueStore
package import PluginHost
import Records
import Synchronization

/// Folds a log as it grows: a thread for each shard, checkpoints into a store, views for those who watch. All members: any
/// thread.
package final class ReductionEngine: Sendable {
    package let plugins: [Plugin]
    package let views: Views
    private let shards: [ShardThread]
    private let commits: CheckpointThread

    /// Restores the last checkpoints and starts to fold what the log holds after them.
    ///
    /// - Parameter deadLetters: takes events that plugins could not read; called on shards' threads.
    /// - Throws: `RestoreError` or what the store throws: a checkpoint that can't be continued is never guessed at.
    package init(
        _ log: EventLog, _ store: any KeyValueStore, _ plugins: [Plugin], _ configuration: ReductionConfiguration
    ) throws {
        self.plugins = plugins
        views = Views(plugins, store: store, partitions: log.identity.partitions)
        commits = CheckpointThread(store)
        let setup = ShardSetup(
            plugins: plugins, partitions: log.identity.partitions, batch: configuration.batch,
            dedup: configuration.dedup,
            hashKey: log.identity.sipHashKey)
        var shards: [ShardThread] = []
        for index in 0..<configuration.shards {
            let owned = ThreadedSink.partitions(of: index, shards: configuration.shards, count: setup.partitions)
            guard !owned.isEmpty else { continue }
            shards.append(
                try ShardThread(
                    setup, owned: owned, log: log, store: store, commits: commits, views: views,
                    configuration))
        }
        self.shards = shards
        for shard in shards { shard.start() }
    }

    /// Events that were folded, and that were duplicates, since the start.
    package var folded: UInt64 { shards.reduce(0) { $0 + $1.counters.events.load(ordering: .relaxed) } }
    package var duplicates: UInt64 { shards.reduce(0) { $0 + $1.counters.duplicates.load(ordering: .relaxed) } }
    /// Checkpoints that were committed since the start.
    package var checkpoints: Int { commits.committed }

    /// Why folding has stopped, or nil.
    package var failure: (any Error)? { shards.lazy.compactMap(\.failure).first ?? commits.failure ?? views.failure }

    /// Folds all that is durable, takes a last checkpoint and ends.
    package func close() {
        for shard in shards { shard.stop() }
        commits.close()
        views.close()
    }
}
