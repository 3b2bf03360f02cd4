import EventLog
import PluginHost
import Records
import Synchronization

/// A process that folds, at this moment: the host itself, for the plugins that run in it, or a plugin's worker.
package struct FoldingProcess: Sendable {
    /// The worker's plugin; nil: the host.
    package let worker: String?
    /// Ids.
    package let plugins: [String]
    /// Nil while there is none.
    package let process: Int32?
    /// Which share of its time each shard works, from 0 to 1.
    package let shares: [Double]
    package let lag: FoldLag
    /// How long events took from their arrival until they were folded, since the plugins' builds took over.
    package let durations: FoldDurations.Counts
}

extension ReductionEngine {
    /// All that fold, the host first.
    package var folding: [FoldingProcess] {
        let (positions, now) = (parts.log.nextPositions, WallClock.microseconds)
        return live.withLock { $0.members }.map { id, member in
            let worker: String? = if case .worker(let plugin) = id { plugin } else { nil }
            let group = member.group
            return FoldingProcess(
                worker: worker, plugins: group.builds.map(\.id).sorted(), process: group.process,
                shares: group.workShares, lag: group.lag(positions, now: now), durations: group.durations.counts)
        }.sorted { $0.worker ?? "" < $1.worker ?? "" }
    }

    /// The resident memory of host and workers, in bytes, and `reduction.memory`.
    package var memory: (used: Int, limit: Int) { (parts.memory.total, parts.memory.budget) }
}
