import EventLog
import Glibc
import KeyValueStore
import Records
import Synchronization

/// A shard, the thread that it folds on, and its place in the log.
///
/// It begins as a follower: it folds what the log holds, and nobody sees it. `goLive` makes its checkpoints count. When
/// the log names a new generation, the follower that was made for it waits at that record until the shard before it has
/// come there and ended; so each event counts once, and nothing that happens to a follower happens to the live shard.
///
/// `@unchecked Sendable`: shard, feeder, cursor and driver are touched by `init` and then by the thread alone; what others
/// read is atomic or under a lock.
final class ShardThread: @unchecked Sendable {
    struct Counters: ~Copyable {
        let events = Atomic<UInt64>(0)
        let duplicates = Atomic<UInt64>(0)
    }

    let counters = Counters()
    /// The plugins whose builds can't go on from their checkpoints and fold the log from its first record.
    let rebuilt: Set<String>
    private let log: EventLog
    private let shard: Shard
    private let feeder: RecordFeeder
    private let cursor: LogCursor
    private let driver: CheckpointDriver
    private let commits: CheckpointThread
    private let views: Views
    private let configuration: ReductionConfiguration
    /// The generation at which it waits to go live, and the one at which it ends.
    private let starts = Atomic<Int64>(0)
    private let ends = Atomic<Int64>(0)
    private let stopping = Atomic<Bool>(false)
    private let isLive = Atomic<Bool>(false)
    private let isWaiting = Atomic<Bool>(false)
    /// Bytes of the log that are still to be folded, of the last segment; `.max` while there are more segments.
    private let lag = Atomic<UInt64>(.max)
    private let uncounted = Atomic<UInt64>(0)
    private let failed = Mutex<(any Error)?>(nil)
    private var thread: WorkThread?

    init(
        _ setup: ShardSetup, owned: [Int], log: EventLog, store: any KeyValueStore, commits: CheckpointThread,
        views: Views, anew: Set<String> = [], _ configuration: ReductionConfiguration
    ) throws {
        self.log = log
        self.commits = commits
        self.views = views
        self.configuration = configuration
        let shard = Shard(setup)
        self.shard = shard
        rebuilt = try shard.restore(owned, from: store, log: log.identity.id, anew: anew)
        feeder = RecordFeeder(shard, owned: owned)
        cursor = try LogCursor(log, from: shard.startPositions(owned))
        driver = CheckpointDriver(
            ShardCheckpoint(shard, log: log.identity.id, owned: owned), commits,
            interval: Int64(configuration.checkpoint * 1e6)
        ) { checkpoints, result in
            if case .success = result { views.committed(checkpoints) }
        }
        shard.onRejections = { [unowned self] rejections in
            // What was rejected before has been reported by whoever was live then.
            guard isLive.load(ordering: .relaxed) else { return }
            log.append(letters: rejections.map(DeadLetter.init), onDurable: nil)
        }
        feeder.onGeneration = { [unowned self] in meets($0) }
    }

    var failure: (any Error)? { failed.withLock { $0 } }

    /// How far a follower lies behind the log, in bytes.
    var distance: UInt64 { lag.load(ordering: .relaxed) }

    /// Whether a follower has come to its generation's records.
    var isReady: Bool { isWaiting.load(ordering: .acquiring) }

    func start() {
        thread = WorkThread(name: "shard") { [unowned self] in
            shard.slot?.watch()
            do {
                try run()
            } catch {
                failed.withLock { $0 = error }
            }
        }
    }

    /// Makes a follower wait at a generation's records, which are not in the log yet.
    func start(with generation: Generation) { starts.store(generation.number, ordering: .releasing) }

    /// Makes a live shard end at a generation's records, without a last checkpoint.
    func end(at generation: Generation) { ends.store(generation.number, ordering: .releasing) }

    /// From now on its checkpoints count.
    func goLive() { isLive.store(true, ordering: .releasing) }

    /// Waits until the thread has ended.
    func join() {
        thread?.join()
        thread = nil
    }

    /// Ends the thread: a live shard when it has folded what is durable and taken a checkpoint of it, a follower at once.
    func stop() {
        stopping.store(true, ordering: .releasing)
        join()
    }

    private func run() throws {
        while commits.failure == nil {
            let isLast = stopping.load(ordering: .acquiring)
            let isLive = isLive.load(ordering: .acquiring)
            if isLast, !isLive { return }
            if !isLive { count(through: log.durableEnd) }
            let end =
                isLast
                ? log.durableEnd
                // Wakes now and then for a checkpoint that is due or half encoded.
                : log.waitForDurable(
                    after: cursor.offset, timeout: isLive && driver.isBusy ? .milliseconds(2) : .milliseconds(200))
            driver.interval = Int64((views.isWatched ? configuration.refresh : configuration.checkpoint) * 1e6)
            let start = shard.events
            while let chunk = try cursor.next(through: end) {
                guard feeder.add(chunk) else { return }
                count(through: end)
                if self.isLive.load(ordering: .relaxed) {
                    driver.poll()
                } else if stopping.load(ordering: .relaxed) {
                    return
                }
            }
            count(through: end)
            guard self.isLive.load(ordering: .relaxed) else { continue }
            driver.poll()
            if isLast { return driver.finish() }
            // Two milliseconds that nobody sees: a batch of events costs less than as many wake-ups.
            if shard.events != start { usleep(2000) }
        }
    }

    /// Leaves what a follower has folded so far out of its count. To be called while it waits to go live.
    func countFromHere() { uncounted.store(counters.events.load(ordering: .relaxed), ordering: .relaxed) }

    private func count(through end: LogOffset) {
        counters.events.store(shard.events - uncounted.load(ordering: .relaxed), ordering: .relaxed)
        counters.duplicates.store(shard.plugins.map(\.duplicates).max() ?? 0, ordering: .relaxed)
        let offset = cursor.offset
        lag.store(
            offset.segment == end.segment ? UInt64(max(0, Int(end.byte) - Int(offset.byte))) : .max,
            ordering: .relaxed)
    }

    /// At a generation record: whether this shard ends there.
    private func meets(_ generation: Generation) -> Bool {
        counters.events.store(shard.events - uncounted.load(ordering: .relaxed), ordering: .relaxed)
        if ends.load(ordering: .acquiring) == generation.number { return true }
        guard starts.load(ordering: .acquiring) == generation.number else { return false }
        isWaiting.store(true, ordering: .releasing)
        while !isLive.load(ordering: .acquiring) {
            if stopping.load(ordering: .acquiring) { return true }
            usleep(50)
        }
        // Whoever waits for the new generation wants to see its states.
        driver.hurry()
        return false
    }
}

extension Shard {
    /// Where reading begins: in each owned partition at the plugin that is behind all others.
    func startPositions(_ owned: [Int]) -> [UInt64?] {
        var positions = [UInt64?](repeating: nil, count: setup.partitions)
        for partition in owned {
            positions[partition] = plugins.map { $0.positions[partition] }.min() ?? 0
        }
        return positions
    }
}

extension DeadLetter {
    /// Of an event that a plugin could not read.
    init(_ rejection: Rejection) {
        self.init(
            stage: .read, reason: rejection.reason, received: WallClock.microseconds, original: rejection.payload)
        component = rejection.plugin
        partition = rejection.partition
        position = rejection.position
    }
}
