import KeyValueStore
import PluginHost
import Records
import Synchronization

/// One pass of a fold over its inputs, from the first event to the end or to a restart. Not thread-safe.
final class FoldLife {
    let shards: [Shard]
    private let activity: ActivityLease?
    private let feeder: any FoldFeed
    private let commits: CheckpointThread?
    private let drivers: [CheckpointDriver]
    private let rejected = Mutex<[Rejection]>([])

    /// - Parameter store: what it holds of these plugins is restored first. Nil to take no checkpoints.
    init(_ plugins: [Plugin], _ options: FoldOptions, store: (any KeyValueStore)?, log: [UInt8]) throws {
        let setup = ShardSetup(
            plugins: plugins, partitions: options.partitions, batch: options.batch, dedup: options.dedup,
            hashKey: Array(repeating: 0, count: 16),
            rules: RuleHistory(always: options.filters, partitions: options.partitions))
        // Which events it was given is known of a shard that folds in the thread that reads.
        activity = options.shards == 1 ? options.activity?.take() : nil
        let slot = activity?.slot
        slot?.watch()
        let shards = (0..<options.shards).map { _ in Shard(setup, slot: slot) }
        self.shards = shards
        feeder =
            shards.count == 1
            ? Self.feeder(InlineSink(shards[0]), options) : Self.feeder(ThreadedSink(shards), options)
        let commits = store.map { CheckpointThread($0, Epochs(log: log, numbers: [:])) }
        self.commits = commits
        let interval = options.checkpointInterval.map { Int64($0 * 1e6) } ?? .max / 2
        drivers = try shards.indices.compactMap { index in
            guard let store, let commits else { return nil }
            let owned = ThreadedSink.partitions(of: index, shards: shards.count, count: options.partitions)
            try shards[index].restore(owned, stored: store.restore)
            return CheckpointDriver(ShardCheckpoint(shards[index], log: log, owned: owned), commits, interval: interval)
        }
        for (shard, driver) in zip(shards, drivers) {
            shard.afterBatch =
                options.takesOneCheckpoint
                ? { [unowned shard] in
                    shard.afterBatch = nil
                    driver.finish()
                } : { driver.poll() }
        }
        for shard in shards {
            shard.onRejections = { [unowned self] rejections in rejected.withLock { $0 += rejections } }
        }
    }

    private static func feeder(_ sink: some FoldSink, _ options: FoldOptions) -> any FoldFeed {
        options.ticks
            ? FoldFeeder(TickingSink(sink), actors: options.actors) : FoldFeeder(sink, actors: options.actors)
    }

    /// Events that were given to the shards.
    var decoded: UInt64 { feeder.decoded }

    var dropped: DroppedCounts {
        shards.reduce(DroppedCounts()) { $0 + .together($1.plugins.map(\.dropped)) }
    }

    /// Checkpoints that the store has committed.
    var committed: Int { commits?.committed ?? 0 }

    /// In microseconds.
    var longestPause: Int64 { drivers.map(\.longestPause).max() ?? 0 }

    /// The rejections since the last call.
    func takeRejections() -> [Rejection] {
        rejected.withLock { rejections in
            defer { rejections = [] }
            return rejections
        }
    }

    /// Feeds a file's lines. Returns false if it stopped at `limit` events.
    ///
    /// - Parameter chunk: called now and then.
    func feed(
        _ reader: LineReader, source: (any SourceDecoding)?, limit: UInt64?,
        reject: (UnsafeRawBufferPointer, String) throws -> Void, chunk: () throws -> Void
    ) throws -> Bool {
        try feeder.feed(
            reader, source: source, limit: limit ?? .max, reject: reject,
            chunk: {
                if let failure = commits?.failure { throw failure }
                try chunk()
            })
    }

    /// Ticks behind all events so far.
    func tick(_ time: Int64) throws { try feeder.tick(time) }

    /// Waits until all is folded.
    ///
    /// - Parameter checkpoint: whether to take a checkpoint of it; without, what came after the last one is lost, as in a crash.
    func finish(checkpoint: Bool) throws {
        try feeder.finish()
        if checkpoint {
            for driver in drivers { driver.finish() }
        }
        commits?.close()
        if let failure = commits?.failure { throw failure }
    }
}

/// Feeds lines to shards.
private protocol FoldFeed: AnyObject {
    var decoded: UInt64 { get }

    func feed(
        _ reader: LineReader, source: (any SourceDecoding)?, limit: UInt64,
        reject: (UnsafeRawBufferPointer, String) throws -> Void, chunk: () throws -> Void
    ) throws -> Bool

    func tick(_ time: Int64) throws
    func finish() throws
}

private final class FoldFeeder<Sink: FoldSink>: FoldFeed {
    private let sink: Sink
    private let decoder: FoldDecoder<Sink>

    init(_ sink: Sink, actors: [String]) {
        self.sink = sink
        decoder = FoldDecoder(sink, actors: actors)
    }

    var decoded: UInt64 { decoder.decoded }

    func feed(
        _ reader: LineReader, source: (any SourceDecoding)?, limit: UInt64,
        reject: (UnsafeRawBufferPointer, String) throws -> Void, chunk: () throws -> Void
    ) throws -> Bool {
        try reader.forEach { line in
            if let source {
                try decoder.add(line, source: source, reject)
            } else {
                try decoder.add(line, reject)
            }
            return decoder.decoded < limit
        } moving: {
            try decoder.flush()
            try chunk()
        }
        // What waits for its batch points into the reader's memory.
        try decoder.flush()
        return decoder.decoded < limit
    }

    func tick(_ time: Int64) throws {
        try decoder.flush()
        try sink.tick(time)
    }

    func finish() throws {
        try decoder.flush()
        sink.finish()
    }
}
