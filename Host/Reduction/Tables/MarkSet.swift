import CRecords
import Records

/// What identifies an event to dedup: 128 bits of its id and of what the id is unique in.
struct Mark {
    var high: UInt64
    var low: UInt64
    /// The event's time.
    var time: Int64
}

/// The accepted events' marks of one plugin in one partition. Not thread-safe.
///
/// A mark counts as long as its time is at most `retention` before the latest time of the partition's accepted events: a
/// function of the log alone, so that forgetting older marks changes no verdict.
struct MarkSet: ~Copyable {
    private let retention: Int64?
    private var slots: UnsafeMutablePointer<Mark>
    private var mask: Int
    private var count = 0
    private var latest = Int64.min
    /// Marks that no checkpoint holds yet, as they are stored.
    private(set) var fresh = Bytes()

    /// - Parameter retention: microseconds, or nil to keep marks for ever.
    init(retention: Int64?) {
        self.retention = retention
        mask = 255
        slots = Self.makeSlots(256)
    }

    deinit { lectern_pages_free(slots, (mask + 1) * MemoryLayout<Mark>.stride) }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<Mark> {
        lectern_pages(count * MemoryLayout<Mark>.stride).assumingMemoryBound(to: Mark.self)
    }

    @inline(__always)
    private static func hash(_ mark: Mark) -> Int { Int(truncatingIfNeeded: Hash.of(mark.high ^ mark.low)) }

    @inline(__always)
    func prefetch(_ mark: Mark) {
        lectern_prefetch(slots + Self.hash(mark) & mask)
    }

    /// Adds the mark unless it is there already. Returns whether the event is new.
    @inline(__always)
    mutating func insert(_ mark: Mark) -> Bool {
        guard put(mark) else { return false }
        withUnsafeBytes(of: mark) { lectern_bytes_append(&fresh.raw, $0.baseAddress, MemoryLayout<Mark>.size) }
        return true
    }

    /// Puts back what an earlier life stored.
    mutating func restore(_ stored: UnsafeRawBufferPointer) {
        var at = 0
        while stored.count - at >= MemoryLayout<Mark>.size {
            _ = put(stored.loadUnaligned(fromByteOffset: at, as: Mark.self))
            at += MemoryLayout<Mark>.size
        }
    }

    /// The marks since the last call, in their stored form.
    mutating func takeFresh() -> [UInt8] {
        let bytes = fresh.array
        fresh.truncate()
        return bytes
    }

    @inline(__always)
    private mutating func put(_ mark: Mark) -> Bool {
        var at = Self.hash(mark) & self.mask
        // No mark is all zero but by a chance of 2^-128.
        while slots[at].high | slots[at].low != 0 {
            if slots[at].high == mark.high, slots[at].low == mark.low {
                guard let retention, slots[at].time < latest - retention else { return false }
                slots[at].time = mark.time
                latest = max(latest, mark.time)
                return true
            }
            at = (at + 1) & self.mask
        }
        slots[at] = mark
        latest = max(latest, mark.time)
        count += 1
        if count * 4 > self.mask * 3 { rebuild() }
        return true
    }

    /// Leaves out the marks that no longer count; grows if that frees too little.
    private mutating func rebuild() {
        let old = slots
        let oldCapacity = mask + 1
        let horizon = retention.map { latest - $0 } ?? .min
        let live = (0..<oldCapacity).count { old[$0].high | old[$0].low != 0 && old[$0].time >= horizon }
        if live * 2 > mask { mask = oldCapacity * 2 - 1 }
        slots = Self.makeSlots(mask + 1)
        count = 0
        for index in 0..<oldCapacity where old[index].high | old[index].low != 0 && old[index].time >= horizon {
            var at = Self.hash(old[index]) & mask
            while slots[at].high | slots[at].low != 0 { at = (at + 1) & mask }
            slots[at] = old[index]
            count += 1
        }
        lectern_pages_free(old, oldCapacity * MemoryLayout<Mark>.stride)
    }
}
