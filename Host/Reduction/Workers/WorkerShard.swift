import CRecords
import EventLog
import Glibc
import Records
import Rules
import Synchronization

/// A shard in a worker, as the host sees it: records go into its slots, one chunk each. Not thread-safe: the thread that
/// reads the log.
final class WorkerShard: RecordConsumer {
    private unowned let life: WorkerLife
    private let index: Int
    private let words: WorkerWords
    private var filled: UInt32 = 0
    let startPositions: [UInt64?]

    init(_ life: WorkerLife, _ index: Int, startPositions: [UInt64?]) {
        self.life = life
        self.index = index
        self.startPositions = startPositions
        words = life.memory.words(index)
    }

    var events: UInt64 { words.events.pointee.load(ordering: .relaxed) }
    var dropped: DroppedCounts {
        DroppedCounts(
            natural: words.naturalDuplicates.pointee.load(ordering: .relaxed),
            synthetic: words.syntheticDuplicates.pointee.load(ordering: .relaxed),
            late: words.late.pointee.load(ordering: .relaxed))
    }
    var outstanding: Int { Int(filled &- words.folded.pointee.load(ordering: .acquiring)) }
    var foldedAt: Int64 { words.foldedAt.pointee.load(ordering: .relaxed) }
    var worked: Int64? { words.worked.pointee.load(ordering: .relaxed) }
    var isBusy: Bool { false }
    var timers: ShardTimers {
        let ticked = words.ticked.pointee.load(ordering: .acquiring)
        return ShardTimers(due: words.due.pointee.load(ordering: .acquiring), ticked: ticked)
    }

    func add(_ chunk: LogChunk, onGeneration: (Generation) throws -> Bool) throws -> Bool {
        var slot = try emptySlot()
        var length = 0
        var beginsSegment = chunk.beginsSegment
        func fill() { self.fill(slot, SlotLayout(bytes: length, beginsSegment: beginsSegment)) }
        for index in 0..<chunk.count {
            let record = chunk[index]
            let size = Int(record.header.pointee.length)
            memcpy(slot + SlotLayout.head + length, record.header, size)
            length += size
            guard record.kind == .control, let generation = Generation(record) else { continue }
            fill()
            if try onGeneration(generation) { return false }
            slot = try emptySlot()
            length = 0
            beginsSegment = false
        }
        if length > 0 || beginsSegment { fill() }
        return true
    }

    func drain() throws -> Int64 {
        try wait { words.folded.pointee.load(ordering: .acquiring) == filled }
        return words.foldedAt.pointee.load(ordering: .relaxed)
    }

    /// Does not wait for the worker, so that it has what follows at once.
    func takeOver() throws { fill(try emptySlot(), SlotLayout(takesOver: true)) }

    var takenOver: TakenOver? {
        let time = words.tookOverAt.pointee.load(ordering: .acquiring)
        return time == 0 ? nil : TakenOver(time: time, events: words.tookOverWith.pointee.load(ordering: .relaxed))
    }

    func goLive() {
        words.isLive.pointee.store(true, ordering: .releasing)
        words.wakeWorker()
    }

    func poll(interval: Int64) { words.interval.pointee.store(interval, ordering: .relaxed) }

    func spill() {
        words.spills.pointee.store(true, ordering: .releasing)
        words.wakeWorker()
    }

    var states: StateCounts { words.states.pointee.counts }

    var filterCounts: [FilterCounts] { life.filterCounts(of: index) }

    func finish() throws {
        words.isClosed.pointee.store(true, ordering: .releasing)
        words.wakeWorker()
        try life.waitForLastCheckpoint(of: index)
    }

    private func fill(_ slot: UnsafeMutableRawPointer, _ layout: SlotLayout) {
        layout.store(in: slot)
        filled &+= 1
        words.filled.pointee.store(filled, ordering: .releasing)
        words.wakeWorker()
    }

    /// The slot to fill next.
    private func emptySlot() throws -> UnsafeMutableRawPointer {
        try wait { filled &- words.folded.pointee.load(ordering: .acquiring) < UInt32(WorkerMemory.slots) }
        return life.memory.slot(index, filled)
    }

    private func wait(until isDone: () -> Bool) throws {
        while true {
            let folded = words.folded.pointee.load(ordering: .acquiring)
            if isDone() { return }
            if let ended = life.ended { throw ended }
            words.waitWhileFolded(is: folded, microseconds: 100_000)
        }
    }
}
