import EventLog
import Glibc
import Records
import Rules
import Synchronization

/// Reads the log for one shard, and its place in the sequence of generations.
///
/// It begins as a follower: what the log holds is folded, and nobody sees it. `goLive` makes its checkpoints count. At the
/// record that names a new generation the live shard ends, and the follower that was made for it takes over: it tells of
/// what comes behind the record, and its checkpoints count once those of the shard before are on their way to the store.
/// Neither waits for the other, so that nothing holds up the fold; each event counts once, since both go by the record; and
/// nothing that happens to a follower happens to the live shard.
///
/// `@unchecked Sendable`: consumer, cursor and what is `var` are touched by `init` and then by the thread alone; what others read is
/// atomic or under a lock.
final class ShardThread: @unchecked Sendable {
    struct Counters: ~Copyable {
        let events = Atomic<UInt64>(0)
        let naturalDuplicates = Atomic<UInt64>(0)
        let syntheticDuplicates = Atomic<UInt64>(0)
        let late = Atomic<UInt64>(0)

        var dropped: DroppedCounts {
            DroppedCounts(
                natural: naturalDuplicates.load(ordering: .relaxed),
                synthetic: syntheticDuplicates.load(ordering: .relaxed),
                late: late.load(ordering: .relaxed))
        }
    }

    /// What the shard is part of, as it needs it.
    struct Surroundings: Sendable {
        let log: EventLog
        /// Microseconds from one checkpoint to the next.
        let interval: @Sendable () -> Int64
        /// Whether nothing can be stored any more.
        let isOver: @Sendable () -> Bool
        /// Takes how long events take.
        let durations: FoldDurations
    }

    let counters = Counters()
    private let surroundings: Surroundings
    private let consumer: any RecordConsumer
    private let cursor: LogCursor
    /// The generation at which it takes over, and the one at which it ends.
    private let starts = Atomic<Int64>(0)
    private let ends = Atomic<Int64>(0)
    private let stopping = Atomic<Bool>(false)
    private let isLive = Atomic<Bool>(false)
    /// When it did, on the monotonic clock; 0: not yet.
    private let tookOver = Atomic<Int64>(0)
    private let ended = Atomic<Int64>(0)
    /// Bytes of the log that a follower still had to fold when it had folded what it knew of, of the last segment; `.max`
    /// while there are more segments, and until it has caught up once.
    private let lag = Atomic<UInt64>(.max)
    private let progress: FoldProgress
    private let work = WorkShare()
    /// Microseconds that the thread has not waited.
    private var worked: Int64 = 0
    /// Whether all is folded that the log held when it began. A follower that can't do that must not take over.
    private var hasCaughtUp = false
    /// Whether it has come to the record at which it takes over, with something before it still to be folded.
    private var isPassing = false
    /// What it had folded when it took over: the shard before it has counted that.
    private var uncounted: UInt64 = 0
    private let failed = Mutex<(any Error)?>(nil)
    /// Nil once it was joined, which only one may do.
    private let thread = Mutex<WorkThread?>(nil)

    init(_ consumer: any RecordConsumer, _ surroundings: Surroundings) throws {
        self.consumer = consumer
        self.surroundings = surroundings
        let positions = consumer.startPositions
        cursor = try LogCursor(surroundings.log, from: positions)
        progress = FoldProgress(from: positions, durations: surroundings.durations)
    }

    /// What its states wait for.
    var timers: ShardTimers { consumer.timers }

    /// Has it make room in memory, as soon as it can.
    func spill() { consumer.spill() }

    var states: StateCounts { consumer.states }
    var filterCounts: [FilterCounts] { consumer.filterCounts }

    var failure: (any Error)? { failed.withLock { $0 } }

    /// How far a follower lies behind the log, in bytes.
    var distance: UInt64 { lag.load(ordering: .relaxed) }

    /// How far it lies behind the log, whose next positions are these.
    func lag(_ positions: [UInt64], now: Int64) -> FoldLag { progress.lag(positions, now: now) }

    /// Which share of its time it works, from 0 to 1.
    var workShare: Double { work.value }

    /// When a follower had folded all up to its generation's records; microseconds of `MonotonicClock`.
    var takeOverTime: Int64? { Self.time(tookOver.load(ordering: .acquiring)) }

    /// When it had folded all up to the generation's records at which it ended.
    var endTime: Int64? { Self.time(ended.load(ordering: .acquiring)) }

    private static func time(_ microseconds: Int64) -> Int64? { microseconds == 0 ? nil : microseconds }

    /// - Parameter first: called on the thread, before all else.
    func start(_ first: @escaping @Sendable () -> Void = {}) {
        let started = WorkThread(name: "shard") { [unowned self] in
            first()
            do {
                try run()
            } catch {
                failed.withLock { $0 = error }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Makes a follower take over at a generation's records, which are not in the log yet.
    func start(with generation: Generation) { starts.store(generation.number, ordering: .releasing) }

    /// Makes a live shard end at a generation's records, without a last checkpoint.
    func end(at generation: Generation) { ends.store(generation.number, ordering: .releasing) }

    /// From now on its checkpoints count.
    func goLive() { isLive.store(true, ordering: .releasing) }

    /// Waits until the thread has ended.
    func join() {
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// Ends the thread: a live shard when it has folded what is durable and taken a checkpoint of it, a follower at once.
    func stop() {
        stopping.store(true, ordering: .releasing)
        join()
    }

    private func run() throws {
        let log = surroundings.log
        var isTold = false
        /// Whether checkpoints count, of which the consumer is told once.
        func checkLive() -> Bool {
            guard isLive.load(ordering: .acquiring) else { return false }
            if !isTold {
                consumer.goLive()
                progress.beginCounting()
            }
            isTold = true
            return true
        }
        var woke = MonotonicClock.microseconds
        /// Waits, and leaves that out of what it has worked.
        func wait<Result>(_ body: () -> Result) -> Result {
            let now = MonotonicClock.microseconds
            worked += now - woke
            work.note(worked: consumer.worked ?? worked, now: now)
            defer { woke = MonotonicClock.microseconds }
            return body()
        }
        while !surroundings.isOver() {
            let isLast = stopping.load(ordering: .acquiring)
            let isLive = checkLive()
            if isLast, !isLive { return }
            if !isLive { count() }
            let end =
                isLast || !hasCaughtUp
                ? log.durableEnd
                // Wakes now and then for a checkpoint that is due or half encoded, or to go live.
                : wait {
                    log.waitForDurable(
                        after: cursor.offset,
                        timeout: (isLive ? consumer.isBusy : isPassing || takeOverTime != nil)
                            ? .milliseconds(2) : .milliseconds(200))
                }
            let interval = surroundings.interval()
            let now = WallClock.microseconds
            let start = cursor.offset
            while let chunk = try cursor.next(through: end) {
                guard try consumer.add(chunk, onGeneration: meets) else { return }
                progress.gave(
                    chunk, total: cursor.given, outstanding: consumer.outstanding, foldedAt: foldedAt)
                count()
                if checkLive() {
                    consumer.poll(interval: interval)
                } else if stopping.load(ordering: .relaxed) {
                    return
                }
            }
            progress.gaveAll(arrivedBy: now, outstanding: consumer.outstanding, foldedAt: foldedAt)
            if !hasCaughtUp || !checkLive() {
                // What a worker was given it may still have to fold, and the log has gone on meanwhile.
                _ = try consumer.drain()
                hasCaughtUp = true
                let offset = cursor.offset, end = log.durableEnd
                lag.store(
                    offset.segment == end.segment ? UInt64(max(0, Int(end.byte) - Int(offset.byte))) : .max,
                    ordering: .relaxed)
            }
            count()
            guard checkLive() else { continue }
            consumer.poll(interval: interval)
            if isLast { return try consumer.finish() }
            // Two milliseconds that nobody sees: a batch of events costs less than as many wake-ups. A follower `continue`s
            // above, since it must not come to its generation later than the live shard.
            if cursor.offset != start { wait { _ = usleep(2000) } }
        }
    }

    /// When the consumer had folded the last chunk, in microseconds since 1970.
    private var foldedAt: Int64 { WallClock.microseconds - max(0, MonotonicClock.microseconds - consumer.foldedAt) }

    private func count() {
        if isPassing, let taken = consumer.takenOver {
            isPassing = false
            uncounted = taken.events
            counters.events.store(consumer.events &- uncounted, ordering: .relaxed)
            tookOver.store(taken.time, ordering: .releasing)
        }
        counters.events.store(consumer.events &- uncounted, ordering: .relaxed)
        let dropped = consumer.dropped
        counters.naturalDuplicates.store(dropped.natural, ordering: .relaxed)
        counters.syntheticDuplicates.store(dropped.synthetic, ordering: .relaxed)
        counters.late.store(dropped.late, ordering: .relaxed)
    }

    /// At a generation record: whether this shard ends there.
    private func meets(_ generation: Generation) throws -> Bool {
        let ends = ends.load(ordering: .acquiring) == generation.number
        let takesOver = starts.load(ordering: .acquiring) == generation.number && !isPassing && takeOverTime == nil
        if takesOver {
            try consumer.takeOver()
            isPassing = true
        }
        guard ends else { return false }
        let time = try consumer.drain()
        counters.events.store(consumer.events &- uncounted, ordering: .relaxed)
        ended.store(time, ordering: .releasing)
        return true
    }
}

extension DeadLetter {
    /// Of an event that a plugin does not fold.
    init(_ rejection: Rejection) {
        self.init(
            code: Code(rejection.cause), reason: rejection.reason, received: WallClock.microseconds,
            original: rejection.payload)
        // One letter, however many plugins find the same.
        component = rejection.cause == .unreadable ? rejection.plugin : stage.rawValue
        if rejection.cause == .unreadable { build = rejection.build }
        partition = rejection.partition
        position = rejection.position
    }
}

extension DeadLetter.Code {
    /// Why a rejected event is a dead letter.
    package init(_ cause: Rejection.Cause) {
        self =
            switch cause {
            case .unreadable: .unreadable
            case .conflict: .conflict
            case .unfiltered: .unfiltered
            }
    }
}
