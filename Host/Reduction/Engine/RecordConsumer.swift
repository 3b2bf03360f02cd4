import EventLog
import KeyValueStore
import Records
import Rules
import Synchronization

/// Takes the records of some partitions, in the log's order, and folds them: a shard in this process, or one in a worker. Not
/// thread-safe: the thread that reads the log.
protocol RecordConsumer: AnyObject {
    /// For each partition the position to begin at; nil where another shard has it.
    var startPositions: [UInt64?] { get }
    /// Events that were given to plugins so far, and those of them that were not folded.
    var events: UInt64 { get }
    var dropped: DroppedCounts { get }
    /// Chunks that it has taken and not folded yet, at most.
    var outstanding: Int { get }
    /// When it had folded the last chunk, on the monotonic clock.
    var foldedAt: Int64 { get }
    /// Microseconds that it has worked, on a thread of its own; nil: it works on the thread that feeds it.
    var worked: Int64? { get }
    /// What its states wait for; any thread.
    var timers: ShardTimers { get }
    /// Whether something waits for a checkpoint, or one is being taken, by this thread.
    var isBusy: Bool { get }

    /// Takes a chunk. Calls `onGeneration` at each generation record, with all before it taken; if that returns true, leaves the
    /// rest out and returns false.
    func add(_ chunk: LogChunk, onGeneration: (Generation) throws -> Bool) throws -> Bool
    /// Waits until all that was taken is folded. Returns when that was, on the monotonic clock.
    func drain() throws -> Int64
    /// Takes over behind all that was taken so far: what plugins can't read there is told. What comes before, whoever folded it
    /// as well has told.
    func takeOver() throws
    /// Once all that was taken before `takeOver` is folded: when that was, on the monotonic clock, and how many events it was.
    var takenOver: TakenOver? { get }
    /// Takes over, if it has not; and from now on checkpoints count, and the first is due at once: whoever waits for a new
    /// generation wants to see its states.
    func goLive()
    /// Takes checkpoints, so many microseconds apart. To be called between chunks.
    func poll(interval: Int64)
    /// Takes a checkpoint of all that was taken; nothing more will be.
    func finish() throws
    /// Has it make room in memory, as soon as it can; any thread.
    func spill()
    /// Any thread.
    var states: StateCounts { get }
    /// How often each filter rule did what, since the start; any thread.
    var filterCounts: [FilterCounts] { get }
}

struct TakenOver {
    var time: Int64
    var events: UInt64
}

/// A shard in this process, and its checkpoints.
final class LocalShard: RecordConsumer {
    private let shard: Shard
    private let feeder: RecordFeeder
    private let driver: CheckpointDriver
    private let owned: [Int]
    private(set) var takenOver: TakenOver?
    private var isLive = false
    private let due = Atomic<Int64>(.max)
    private let ticked = Atomic<Int64>(.min)
    private let spills = Atomic<Bool>(false)
    private let shared = SharedStateCounts()
    private let filtered = Mutex<[FilterCounts]>([])

    /// - Parameters:
    ///   - epochs: by which the partitions are this process's.
    ///   - commits: where checkpoints go.
    ///   - warn: told that states could not be spilled.
    ///   - rejected: takes the events that plugins could not read, once the shard has taken over.
    init(
        _ shard: Shard, owned: [Int], _ epochs: Epochs, _ commits: any CheckpointSink,
        warn: @escaping (String) -> Void, rejected: @escaping ([Rejection]) -> Void
    ) {
        self.shard = shard
        self.owned = owned
        feeder = RecordFeeder(shard, owned: owned)
        driver = CheckpointDriver(
            ShardCheckpoint(shard, log: epochs.log, owned: owned, epochs: epochs), commits, interval: 0)
        driver.warn = warn
        showTimers()
        shard.onRejections = { [unowned self] rejections in if takenOver != nil { rejected(rejections) } }
    }

    var startPositions: [UInt64?] {
        var positions = [UInt64?](repeating: nil, count: shard.setup.partitions)
        // At the plugin that is behind all others.
        for partition in owned { positions[partition] = shard.plugins.map { $0.positions[partition] }.min() ?? 0 }
        return positions
    }

    var events: UInt64 { shard.events }
    var dropped: DroppedCounts { .together(shard.plugins.map(\.dropped)) }
    var outstanding: Int { 0 }
    var foldedAt: Int64 { MonotonicClock.microseconds }
    var worked: Int64? { nil }
    var isBusy: Bool { isLive && driver.isBusy }
    var timers: ShardTimers {
        // In this order: whoever sees a tick sees what the states want after it.
        let ticked = ticked.load(ordering: .acquiring)
        return ShardTimers(due: due.load(ordering: .acquiring), ticked: ticked)
    }

    private func showTimers() {
        let timers = shard.timers
        due.store(timers.due, ordering: .releasing)
        ticked.store(timers.ticked, ordering: .releasing)
    }

    func add(_ chunk: LogChunk, onGeneration: (Generation) throws -> Bool) throws -> Bool {
        // Sessions that live on are repeated at the head of each segment.
        if chunk.beginsSegment { feeder.forgetSessions() }
        for index in 0..<chunk.count {
            let record = chunk[index]
            feeder.add(record, position: record.position)
            guard record.kind == .control, let generation = Generation(record) else { continue }
            // Its record may be of another shard's partition, which is none of the feeder's business.
            shard.flush()
            if try onGeneration(generation) { return false }
        }
        shard.flush()
        if let failure = feeder.failure { throw failure }
        showTimers()
        showStates()
        return true
    }

    func drain() -> Int64 { MonotonicClock.microseconds }

    func takeOver() { takenOver = TakenOver(time: MonotonicClock.microseconds, events: events) }

    func goLive() {
        if takenOver == nil { takeOver() }
        isLive = true
        driver.hurry()
    }

    func poll(interval: Int64) {
        driver.interval = interval
        driver.poll()
        guard spills.load(ordering: .relaxed) else { return }
        driver.makeRoom()
        spills.store(false, ordering: .relaxed)
        showStates()
    }

    func spill() { spills.store(true, ordering: .relaxed) }

    var states: StateCounts { shared.counts }

    var filterCounts: [FilterCounts] { filtered.withLock { $0 } }

    private func showStates() {
        shared.store(shard.states)
        guard shard.filters.isActive else { return }
        let counts = shard.filters.counts
        filtered.withLock { $0 = counts }
    }

    func finish() { driver.finish() }
}
