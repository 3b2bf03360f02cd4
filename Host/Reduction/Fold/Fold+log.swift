package import EventLog
import PluginHost
import Records

extension Fold {
    /// Folds what a log holds, from its first kept record to its last, as one shard. The log is read alone: its host may be
    /// running.
    ///
    /// - Parameter directory: as of `run` for files.
    package func run(
        log: LogDirectory, to directory: String?, progress: (Progress) -> Void = { _ in }
    ) throws -> FoldSummary {
        let began = MonotonicClock.microseconds
        let clock = FoldClock()
        let letters = try DeadLetterFile(directory.map { "\($0)/dead-letters.jsonl" })
        let setup = ShardSetup(
            plugins: catalog.plugins, partitions: log.identity.partitions, batch: options.batch, dedup: options.dedup,
            hashKey: log.identity.sipHashKey, activity: options.activity)
        let shard = Shard(setup)
        shard.slot?.watch()
        var rejected: [Rejection] = []
        shard.onRejections = { rejected += $0 }
        let feeder = RecordFeeder(shard, owned: Array(0..<setup.partitions))
        let segments = try log.segments()
        let size = segments.reduce(0) { $0 + $1.bytes }
        var bytes = 0
        try log.readChunks { chunk in
            _ = feeder.add(chunk)
            try report(rejected, to: letters)
            rejected.removeAll()
            for index in 0..<chunk.count { bytes += chunk[index].bytes.count }
            progress(Progress(input: "log", bytes: bytes, size: size, events: shard.events))
        }
        summary.events = shard.events
        summary.duplicates = shard.plugins.map(\.duplicates).max() ?? 0
        clock.stop(&summary)
        try write([shard], to: directory)
        try letters.close()
        summary.deadLetters = letters.count
        summary.seconds = Double(MonotonicClock.microseconds - began) / 1e6
        return summary
    }
}
