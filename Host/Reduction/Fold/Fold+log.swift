package import EventLog
import PluginHost
import Records

extension Fold {
    /// As below, with the rules of the host whose log it is.
    package func run(
        log: LogDirectory, to directory: String?, progress: (Progress) -> Void = { _ in }
    ) throws -> FoldSummary {
        try run(log: log, ruleFile: "\(log.path)/../rules.json", to: directory, progress: progress)
    }

    /// Folds what a log holds, from its first kept record to its last, as one shard. The log is read alone: its host may be
    /// running.
    ///
    /// - Parameters:
    ///   - ruleFile: the host's own file of filter rules, which has those whose records retention has deleted, too.
    ///   - directory: as of `run` for files.
    package func run(
        log: some StoredLog, ruleFile: String?, to directory: String?, progress: (Progress) -> Void = { _ in }
    ) throws -> FoldSummary {
        let began = MonotonicClock.microseconds
        let clock = FoldClock()
        let columns = try derivedColumns()
        let letters = try DeadLetterFile(directory.map { "\($0)/dead-letters.jsonl" })
        let (skips, rules) = try decisions(log, ruleFile)
        let setup = ShardSetup(
            plugins: catalog.code, partitions: log.identity.partitions, batch: options.batch, dedup: options.dedup,
            hashKey: log.identity.sipHashKey, skips: skips, rules: rules)
        let activity = options.activity?.take()
        activity?.slot.watch()
        let shard = Shard(setup, slot: activity?.slot)
        var rejected: [Rejection] = []
        shard.onRejections = { rejected += $0 }
        let feeder = RecordFeeder(shard, owned: Array(0..<setup.partitions))
        let size = try log.size()
        var done = 0
        try log.readChunks { chunk in
            if chunk.beginsSegment { feeder.forgetSessions() }
            for index in 0..<chunk.count { feeder.add(chunk[index], position: chunk[index].position) }
            shard.flush()
            if let failure = feeder.failure { throw failure }
            try report(rejected, to: letters)
            rejected.removeAll()
            for index in 0..<chunk.count { done += log.weight(of: chunk[index]) }
            progress(Progress(input: "log", bytes: done, size: size, events: shard.events))
        }
        summary.events = shard.events
        summary.dropped = .together(shard.plugins.map(\.dropped))
        clock.stop(&summary)
        try write([shard], columns, to: directory)
        try letters.close()
        summary.deadLetters = letters.count
        summary.seconds = Double(MonotonicClock.microseconds - began) / 1e6
        return summary
    }

    /// What plugins skip, by plugin and partition: the records that say so come after the events. And the rules whose records
    /// retention has deleted, as the host's own file has them.
    private func decisions(
        _ log: some StoredLog, _ ruleFile: String?
    ) throws -> (skips: [String: [Int: Set<UInt64>]], rules: RuleHistory) {
        let rules = try ruleFile.flatMap { try RecordedRules.read($0, of: log.identity)?.history } ?? RuleHistory()
        var events: Set<SkippedEvent> = []
        try log.readChunks { events.formUnion($0.skippedEvents) }
        return (SkippedEvents.places(of: events), rules)
    }
}
