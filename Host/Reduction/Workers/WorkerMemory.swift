import CRecords
import Glibc
import PluginHost
import Synchronization

/// The memory that host and worker share, a file without a name: for each shard a page of words and slots for records;
/// and a page where the worker's main thread notes what it asks of the plugin.
///
/// The worker has the slots mapped for reading alone, so that no stray write of a plugin's reaches them; the host reads
/// nothing back from there. What the worker writes to the pages are numbers, which the host takes as such.
///
/// `@unchecked Sendable`: constant; what lies in the memory has rules of its own.
final class WorkerMemory: @unchecked Sendable {
    static let slots = 4
    /// Room for the longest record; only what was used is there.
    static let slotSize = 80 << 20
    private static let page = 4096
    private static let slotAt = 1024

    let descriptor: Int32
    private let shards: Int
    private let pages: UnsafeMutableRawPointer
    private let records: UnsafeMutableRawPointer
    private var pagesSize: Int { (shards + 1) * Self.page }
    /// A worker that has no shards, and only shows what is stored, has as much as one.
    private var recordsSize: Int { max(shards, 1) * Self.slots * Self.slotSize }

    /// Makes the memory, for the host.
    init(shards: Int) throws(WorkerFailure) {
        descriptor = lectern_memory_file("lectern worker")
        self.shards = shards
        let sizes = ((shards + 1) * Self.page, max(shards, 1) * Self.slots * Self.slotSize)
        guard descriptor >= 0, ftruncate(descriptor, off_t(sizes.0 + sizes.1)) == 0,
            let pages = Self.map(descriptor, 0, sizes.0, PROT_READ | PROT_WRITE),
            let records = Self.map(descriptor, sizes.0, sizes.1, PROT_READ | PROT_WRITE)
        else { throw WorkerFailure("no memory for a worker: \(String(cString: strerror(errno)))") }
        self.pages = pages
        self.records = records
    }

    /// Opens the memory that the host has made, for the worker.
    init?(descriptor: Int32, shards: Int) {
        self.descriptor = descriptor
        self.shards = shards
        let sizes = ((shards + 1) * Self.page, max(shards, 1) * Self.slots * Self.slotSize)
        guard let pages = Self.map(descriptor, 0, sizes.0, PROT_READ | PROT_WRITE),
            let records = Self.map(descriptor, sizes.0, sizes.1, PROT_READ)
        else { return nil }
        self.pages = pages
        self.records = records
    }

    deinit {
        munmap(pages, pagesSize)
        munmap(records, recordsSize)
        close(descriptor)
    }

    func words(_ shard: Int) -> WorkerWords { WorkerWords(start: pages + shard * Self.page) }

    /// Where a shard notes its calls; `shards`: where the main thread does.
    func activity(_ shard: Int) -> ActivitySlot { ActivitySlot(pages + shard * Self.page + Self.slotAt) }

    var activities: [ActivitySlot] { (0...shards).map(activity) }

    /// The place of the records with a running number.
    func slot(_ shard: Int, _ number: UInt32) -> UnsafeMutableRawPointer {
        records + (shard * Self.slots + Int(number) % Self.slots) * Self.slotSize
    }

    private static func map(_ descriptor: Int32, _ start: Int, _ size: Int, _ access: Int32) -> UnsafeMutableRawPointer?
    {
        let memory = mmap(nil, size, access, MAP_SHARED | MAP_NORESERVE, descriptor, off_t(start))
        return memory == MAP_FAILED ? nil : memory
    }
}

/// The words that host and worker share for one shard. Each is written by one of them.
struct WorkerWords: @unchecked Sendable {
    // `@unchecked Sendable`: atomics in memory that outlives this.
    fileprivate let start: UnsafeMutableRawPointer

    /// By the host: filled slots so far.
    var filled: UnsafeMutablePointer<Atomic<UInt32>> { word(0) }
    /// By the worker: slots that it has folded.
    var folded: UnsafeMutablePointer<Atomic<UInt32>> { word(64) }
    /// By the host: whether checkpoints count.
    var isLive: UnsafeMutablePointer<Atomic<Bool>> { word(128) }
    /// By the host: nothing more is filled.
    var isClosed: UnsafeMutablePointer<Atomic<Bool>> { word(132) }
    /// By the host: microseconds from one checkpoint to the next.
    var interval: UnsafeMutablePointer<Atomic<Int64>> { word(136) }
    /// By the host: events that are folded at once, at most.
    var batch: UnsafeMutablePointer<Atomic<UInt32>> { word(144) }
    /// By the host: checkpoints that the store has taken.
    var committed: UnsafeMutablePointer<Atomic<UInt32>> { word(148) }
    /// By the worker.
    var events: UnsafeMutablePointer<Atomic<UInt64>> { word(192) }
    var naturalDuplicates: UnsafeMutablePointer<Atomic<UInt64>> { word(200) }
    var syntheticDuplicates: UnsafeMutablePointer<Atomic<UInt64>> { word(248) }
    var late: UnsafeMutablePointer<Atomic<UInt64>> { word(296) }
    /// By the worker: when it had folded the last slot, and when it took over and with how many events; microseconds of
    /// `MonotonicClock`, 0: not yet.
    var foldedAt: UnsafeMutablePointer<Atomic<Int64>> { word(208) }
    var tookOverAt: UnsafeMutablePointer<Atomic<Int64>> { word(216) }
    var tookOverWith: UnsafeMutablePointer<Atomic<UInt64>> { word(224) }

    /// By the worker: as of `ShardTimers`.
    var due: UnsafeMutablePointer<Atomic<Int64>> { word(232) }
    var ticked: UnsafeMutablePointer<Atomic<Int64>> { word(240) }

    /// By the worker: microseconds that the shard has worked.
    var worked: UnsafeMutablePointer<Atomic<Int64>> { word(320) }

    /// By the host, and taken back by the worker: the shard is to make room.
    var spills: UnsafeMutablePointer<Atomic<Bool>> { word(256) }
    /// By the worker.
    var states: UnsafeMutablePointer<SharedStateCounts> {
        (start + 264).assumingMemoryBound(to: SharedStateCounts.self)
    }

    /// Wakes who waits for a change of `filled` or `isClosed`, or of `folded`.
    func wakeWorker() { lectern_wake(address(0)) }
    func wakeHost() { lectern_wake(address(64)) }

    /// Waits while no more slots than `count` are filled.
    func waitWhileFilled(is count: UInt32, microseconds: Int64) { lectern_wait_while(address(0), count, microseconds) }
    func waitWhileFolded(is count: UInt32, microseconds: Int64) { lectern_wait_while(address(64), count, microseconds) }

    private func address(_ offset: Int) -> UnsafePointer<UInt32> {
        UnsafePointer((start + offset).assumingMemoryBound(to: UInt32.self))
    }

    private func word<T>(_ offset: Int) -> UnsafeMutablePointer<Atomic<T>> {
        (start + offset).assumingMemoryBound(to: Atomic<T>.self)
    }
}

/// What stands at the head of a slot; the records follow.
struct SlotLayout {
    static let head = 64

    /// Of the records.
    var bytes = 0
    var beginsSegment = false
    /// The shard takes over behind this slot; see `RecordConsumer`.
    var takesOver = false

    init(bytes: Int = 0, beginsSegment: Bool = false, takesOver: Bool = false) {
        self.bytes = bytes
        self.beginsSegment = beginsSegment
        self.takesOver = takesOver
    }

    init(_ slot: UnsafeRawPointer) {
        bytes = slot.load(as: Int.self)
        beginsSegment = slot.load(fromByteOffset: 8, as: Bool.self)
        takesOver = slot.load(fromByteOffset: 9, as: Bool.self)
    }

    func store(in slot: UnsafeMutableRawPointer) {
        slot.storeBytes(of: bytes, as: Int.self)
        slot.storeBytes(of: beginsSegment, toByteOffset: 8, as: Bool.self)
        slot.storeBytes(of: takesOver, toByteOffset: 9, as: Bool.self)
    }

    func records(_ slot: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: slot + Self.head, count: bytes)
    }
}
