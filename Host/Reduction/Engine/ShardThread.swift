import EventLog
import Glibc
import KeyValueStore
import Records
import Synchronization

/// A shard, the thread that it folds on, and its place in the log.
///
/// `@unchecked Sendable`: shard, feeder, cursor and driver are touched by `init` and then by the thread alone; what others
/// read is atomic or under a lock.
final class ShardThread: @unchecked Sendable {
    struct Counters: ~Copyable {
        let events = Atomic<UInt64>(0)
        let duplicates = Atomic<UInt64>(0)
    }

    let counters = Counters()
    private let log: EventLog
    private let shard: Shard
    private let feeder: RecordFeeder
    private let cursor: LogCursor
    private let driver: CheckpointDriver
    private let commits: CheckpointThread
    private let views: Views
    private let configuration: ReductionConfiguration
    private let stopping = Atomic<Bool>(false)
    private let failed = Mutex<(any Error)?>(nil)
    private var thread: WorkThread?

    init(
        _ setup: ShardSetup, owned: [Int], log: EventLog, store: any KeyValueStore, commits: CheckpointThread,
        views: Views, _ configuration: ReductionConfiguration
    ) throws {
        self.log = log
        self.commits = commits
        self.views = views
        self.configuration = configuration
        let shard = Shard(setup)
        self.shard = shard
        try shard.restore(owned, from: store, log: log.identity.id)
        feeder = RecordFeeder(shard, owned: owned)
        cursor = try LogCursor(log, from: shard.startPositions(owned))
        shard.onRejections = { rejections in
            log.append(letters: rejections.map(DeadLetter.init), onDurable: nil)
        }
        driver = CheckpointDriver(
            ShardCheckpoint(shard, log: log.identity.id, owned: owned), commits,
            interval: Int64(configuration.checkpoint * 1e6)
        ) { checkpoints, result in
            if case .success = result { views.committed(checkpoints) }
        }
    }

    var failure: (any Error)? { failed.withLock { $0 } }

    func start() {
        thread = WorkThread(name: "shard") { [unowned self] in
            do {
                try run()
            } catch {
                failed.withLock { $0 = error }
            }
        }
    }

    /// Folds what is durable, takes a checkpoint of it and ends the thread.
    func stop() {
        stopping.store(true, ordering: .releasing)
        thread?.join()
        thread = nil
    }

    private func run() throws {
        while commits.failure == nil {
            let isLast = stopping.load(ordering: .acquiring)
            let end =
                isLast
                ? log.durableEnd
                // Wakes now and then for a checkpoint that is due or half encoded.
                : log.waitForDurable(
                    after: cursor.offset, timeout: driver.isBusy ? .milliseconds(2) : .milliseconds(200))
            driver.interval = Int64((views.isWatched ? configuration.refresh : configuration.checkpoint) * 1e6)
            let start = shard.events
            while let chunk = try cursor.next(through: end) {
                feeder.add(chunk)
                counters.events.store(shard.events, ordering: .relaxed)
                counters.duplicates.store(shard.plugins.map(\.duplicates).max() ?? 0, ordering: .relaxed)
                driver.poll()
            }
            driver.poll()
            if isLast { return driver.finish() }
            // Two milliseconds that nobody sees: a batch of events costs less than as many wake-ups.
            if shard.events != start { usleep(2000) }
        }
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
