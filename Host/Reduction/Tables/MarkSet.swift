import CRecords
import Records

/// What identifies an event to dedup: 128 bits of its id and of what the id is unique in.
struct Mark {
    var high: UInt64
    var low: UInt64
    /// The event's time.
    var time: Int64
}

/// Marks as they are stored: a byte that says how long a mark is, and the marks; or nothing.
///
/// `@unchecked Sendable`: the set that fills it gives it away with `takeFresh` and keeps no reference.
final class FreshMarks: @unchecked Sendable {
    fileprivate var buffer = Bytes()

    var bytes: [UInt8] { buffer.array }

    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { body(buffer.contents) }
}

extension MarkSet {
    /// The same marks in as few pieces as can be.
    static func joined(_ stored: [[UInt8]]) -> [[UInt8]] {
        stored.reduce(into: []) { joined, piece in
            if let last = joined.last, last.first == piece.first {
                joined[joined.count - 1] += piece.dropFirst()
            } else {
                joined.append(piece)
            }
        }
    }
}

/// The accepted events' marks of one plugin in one partition. Not thread-safe.
///
/// A mark counts as long as its time is at most `retention` before the latest time of the partition's accepted events: a
/// function of the log alone, so that forgetting older marks changes no verdict. Times are kept only where they matter.
struct MarkSet: ~Copyable {
    private struct Slot {
        var high: UInt64
        var low: UInt64

        var isEmpty: Bool { high | low == 0 }
    }

    private let retention: Int64?
    private var slots: UnsafeMutablePointer<Slot>
    /// Of each slot, if there is a retention.
    private var times: UnsafeMutablePointer<Int64>?
    private var mask: Int
    private var count = 0
    private var latest = Int64.min
    /// Marks that no checkpoint holds yet.
    private var fresh = FreshMarks()

    /// - Parameter retention: microseconds, or nil to keep marks for ever.
    init(retention: Int64?) {
        self.retention = retention
        mask = 255
        slots = Self.make(256)
        times = retention == nil ? nil : Self.make(256)
    }

    deinit { Self.free(slots, times, mask + 1) }

    private static func make<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
        lectern_pages(count * MemoryLayout<Element>.stride).assumingMemoryBound(to: Element.self)
    }

    private static func free(_ slots: UnsafeMutablePointer<Slot>, _ times: UnsafeMutablePointer<Int64>?, _ count: Int) {
        lectern_pages_free(slots, count * MemoryLayout<Slot>.stride)
        if let times { lectern_pages_free(times, count * MemoryLayout<Int64>.stride) }
    }

    @inline(__always)
    private static func hash(_ high: UInt64, _ low: UInt64) -> Int { Int(truncatingIfNeeded: Hash.of(high ^ low)) }

    @inline(__always)
    func prefetch(_ mark: Mark) {
        lectern_prefetch(slots + Self.hash(mark.high, mark.low) & mask)
    }

    /// Adds the mark unless it is there already. Returns whether the event is new.
    @inline(__always)
    mutating func insert(_ mark: Mark) -> Bool {
        guard put(mark) else { return false }
        let length = retention == nil ? MemoryLayout<Slot>.size : MemoryLayout<Mark>.size
        if fresh.buffer.count == 0 { fresh.buffer.append(byte: UInt8(length)) }
        withUnsafeBytes(of: mark) { lectern_bytes_append(&fresh.buffer.raw, $0.baseAddress, length) }
        return true
    }

    /// Puts back what an earlier life stored. Marks that were stored without a time count for ever.
    mutating func restore(_ stored: UnsafeRawBufferPointer) {
        guard let length = stored.first.map(Int.init), length >= MemoryLayout<Slot>.size else { return }
        for at in stride(from: 1, through: stored.count - length, by: length) {
            let slot = stored.loadUnaligned(fromByteOffset: at, as: Slot.self)
            let hasTime = length >= MemoryLayout<Mark>.size
            let time = hasTime ? stored.loadUnaligned(fromByteOffset: at + 16, as: Int64.self) : .max
            _ = put(Mark(high: slot.high, low: slot.low, time: time))
        }
    }

    /// The marks since the last call.
    mutating func takeFresh() -> FreshMarks {
        defer { fresh = FreshMarks() }
        return fresh
    }

    @inline(__always)
    private mutating func put(_ mark: Mark) -> Bool {
        var at = Self.hash(mark.high, mark.low) & mask
        while !slots[at].isEmpty {
            if slots[at].high == mark.high, slots[at].low == mark.low {
                guard let retention, let times, times[at] < latest - retention else { return false }
                times[at] = mark.time
                latest = max(latest, mark.time)
                return true
            }
            at = (at + 1) & mask
        }
        slots[at] = Slot(high: mark.high, low: mark.low)
        if let times {
            times[at] = mark.time
            if mark.time != .max { latest = max(latest, mark.time) }
        }
        count += 1
        if count * 4 > mask * 3 { rebuild() }
        return true
    }

    /// Leaves out the marks that no longer count; grows if that frees too little.
    private mutating func rebuild() {
        let (oldSlots, oldTimes, oldCapacity) = (slots, times, mask + 1)
        let horizon = retention.map { latest - $0 } ?? .min
        func counts(_ index: Int) -> Bool {
            !oldSlots[index].isEmpty && (oldTimes.map { $0[index] >= horizon } ?? true)
        }
        if (0..<oldCapacity).count(where: counts) * 2 > mask { mask = oldCapacity * 2 - 1 }
        slots = Self.make(mask + 1)
        if times != nil { times = Self.make(mask + 1) }
        count = 0
        for index in 0..<oldCapacity where counts(index) {
            var at = Self.hash(oldSlots[index].high, oldSlots[index].low) & mask
            while !slots[at].isEmpty { at = (at + 1) & mask }
            slots[at] = oldSlots[index]
            if let times, let oldTimes { times[at] = oldTimes[index] }
            count += 1
        }
        Self.free(oldSlots, oldTimes, oldCapacity)
    }
}
