import CRecords
import Records

/// What identifies an event to dedup: 128 bits of its id and of what the id is unique in.
struct Mark {
    var high: UInt64 = 0
    var low: UInt64 = 0
    /// The event's time.
    var time: Int64 = 0
    /// How long it counts, in seconds; `.max`: for ever.
    var retention: UInt32 = .max
    /// A hash of what the event says; 0: it is not compared.
    var content: UInt32 = 0

    /// Whether it identifies no event.
    var isEmpty: Bool { high | low == 0 }

    /// The latest time at which it counts.
    var until: Int64 {
        if retention == .max { return .max }
        let (sum, overflows) = time.addingReportingOverflow(Int64(retention) * 1_000_000)
        return overflows ? .max : sum
    }
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
/// A mark counts until an event is accepted whose time is later by more than the mark's retention: a function of the log alone, so
/// that forgetting older marks changes no verdict. What no rule needs is not kept.
struct MarkSet: ~Copyable {
    enum Verdict {
        case new
        /// An event with this id has been accepted.
        case duplicate
        /// The same, and it said something else.
        case conflict
    }

    private struct Slot {
        var high: UInt64
        var low: UInt64

        var isEmpty: Bool { high | low == 0 }
    }

    /// Where the parts of a stored mark lie, and how long it is; those that are not needed are left out from behind.
    private enum Stored {
        static let content = 16
        static let time = 20
        static let retention = 28
        static let length = 32
    }

    private var slots: UnsafeMutablePointer<Slot>
    /// Of each slot: until when it counts, and what the event said.
    private var untils: UnsafeMutablePointer<Int64>?
    private var contents: UnsafeMutablePointer<UInt32>?
    private var mask: Int
    /// Marks in memory.
    private(set) var count = 0
    /// Those that memory has no room for.
    private var runs: MarkRuns?
    var spilledCount: Int { runs?.count ?? 0 }
    /// Why marks could not be read; from then on verdicts are wrong.
    private(set) var failure: SpillError?
    private var latest = Int64.min
    /// Marks that no checkpoint holds yet.
    private var fresh = FreshMarks()

    /// - Parameters:
    ///   - isTimed: whether marks may have a retention.
    ///   - comparesContent: whether they may have contents.
    init(isTimed: Bool, comparesContent: Bool) {
        mask = 255
        slots = Self.make(256)
        untils = isTimed ? Self.make(256) : nil
        contents = comparesContent ? Self.make(256) : nil
    }

    deinit { Self.free(slots, untils, contents, mask + 1) }

    private static func make<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
        lectern_pages(count * MemoryLayout<Element>.stride).assumingMemoryBound(to: Element.self)
    }

    private static func free(
        _ slots: UnsafeMutablePointer<Slot>, _ untils: UnsafeMutablePointer<Int64>?,
        _ contents: UnsafeMutablePointer<UInt32>?, _ count: Int
    ) {
        lectern_pages_free(slots, count * MemoryLayout<Slot>.stride)
        if let untils { lectern_pages_free(untils, count * MemoryLayout<Int64>.stride) }
        if let contents { lectern_pages_free(contents, count * MemoryLayout<UInt32>.stride) }
    }

    @inline(__always)
    private static func hash(_ high: UInt64, _ low: UInt64) -> Int { Int(truncatingIfNeeded: Hash.of(high ^ low)) }

    @inline(__always)
    func prefetch(_ mark: Mark) {
        let at = Self.hash(mark.high, mark.low) & mask
        lectern_prefetch(slots + at)
        if let untils { lectern_prefetch(untils + at) }
        if let contents { lectern_prefetch(contents + at) }
    }

    /// Adds the mark of an event that has one, unless it is there already.
    @inline(__always)
    mutating func insert(_ mark: Mark) -> Verdict {
        let verdict = put(mark)
        guard verdict == .new else { return verdict }
        let length = untils != nil ? Stored.length : contents != nil ? Stored.time : Stored.content
        if fresh.buffer.count == 0 { fresh.buffer.append(byte: UInt8(length)) }
        withUnsafeTemporaryAllocation(byteCount: Stored.length, alignment: 8) { bytes in
            bytes.storeBytes(of: mark.high, as: UInt64.self)
            bytes.storeBytes(of: mark.low, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: mark.content, toByteOffset: Stored.content, as: UInt32.self)
            bytes.storeBytes(of: mark.time, toByteOffset: Stored.time, as: Int64.self)
            bytes.storeBytes(of: mark.retention, toByteOffset: Stored.retention, as: UInt32.self)
            lectern_bytes_append(&fresh.buffer.raw, bytes.baseAddress, length)
        }
        return .new
    }

    /// Puts back what an earlier life stored. Marks that were stored without a retention count for ever, those without
    /// contents are compared with none.
    mutating func restore(_ stored: UnsafeRawBufferPointer) {
        guard let length = stored.first.map(Int.init), length >= Stored.content else { return }
        for at in stride(from: 1, through: stored.count - length, by: length) {
            func part<Value: FixedWidthInteger>(_ offset: Int, _ absent: Value) -> Value {
                offset + MemoryLayout<Value>.size > length
                    ? absent : stored.loadUnaligned(fromByteOffset: at + offset, as: Value.self)
            }
            _ = put(
                Mark(
                    high: part(0, 0), low: part(8, 0), time: part(Stored.time, .min),
                    retention: part(Stored.retention, .max), content: part(Stored.content, 0)))
        }
    }

    /// The marks since the last call.
    mutating func takeFresh() -> FreshMarks {
        defer { fresh = FreshMarks() }
        return fresh
    }

    @inline(__always)
    private mutating func put(_ mark: Mark) -> Verdict {
        var at = Self.hash(mark.high, mark.low) & mask
        while !slots[at].isEmpty {
            if slots[at].high == mark.high, slots[at].low == mark.low {
                if let untils, untils[at] < latest {
                    keep(mark, at)
                    return .new
                }
                return Self.verdict(mark, contents?[at] ?? 0)
            }
            at = (at + 1) & mask
        }
        if let verdict = spilled(mark) { return verdict }
        slots[at] = Slot(high: mark.high, low: mark.low)
        keep(mark, at)
        count += 1
        if count * 4 > mask * 3 { rebuild() }
        return .new
    }

    /// - Parameter content: of the event before.
    private static func verdict(_ mark: Mark, _ content: UInt32) -> Verdict {
        content != mark.content && content != 0 && mark.content != 0 ? .conflict : .duplicate
    }

    /// The verdict on a mark that is not in memory, if a run has it.
    @inline(__always)
    private mutating func spilled(_ mark: Mark) -> Verdict? {
        guard let runs else { return nil }
        do {
            guard let found = try runs.find(mark.high, mark.low), found.until >= latest else { return nil }
            return Self.verdict(mark, found.content)
        } catch {
            failure = failure ?? error
            return nil
        }
    }

    /// Moves all marks to a sorted run.
    mutating func spill(in folder: String) throws(SpillError) {
        var order = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: count)
        defer { order.deallocate() }
        var next = 0
        for index in 0...mask where !slots[index].isEmpty {
            order[next] = UInt32(index)
            next += 1
        }
        let (slots, untils, contents) = (slots, untils, contents)
        order.sort {
            let (a, b) = (slots[Int($0)], slots[Int($1)])
            return (a.high, a.low) < (b.high, b.low)
        }
        let runs = runs ?? MarkRuns(in: folder)
        next = 0
        try runs.add(count, latest: latest) {
            let index = Int(order[next])
            next += 1
            return SpilledMark(
                high: slots[index].high, low: slots[index].low, until: untils?[index] ?? .max,
                content: contents?[index] ?? 0)
        }
        self.runs = runs
        Self.free(slots, untils, contents, mask + 1)
        mask = 255
        count = 0
        self.slots = Self.make(256)
        if untils != nil { self.untils = Self.make(256) }
        if contents != nil { self.contents = Self.make(256) }
    }

    @inline(__always)
    private mutating func keep(_ mark: Mark, _ at: Int) {
        if let contents { contents[at] = mark.content }
        guard let untils else { return }
        untils[at] = mark.until
        latest = max(latest, mark.time)
    }

    /// Leaves out the marks that no longer count; grows if that frees too little.
    private mutating func rebuild() {
        let (oldSlots, oldUntils, oldContents, oldCapacity) = (slots, untils, contents, mask + 1)
        let latest = latest
        func counts(_ index: Int) -> Bool {
            !oldSlots[index].isEmpty && (oldUntils.map { $0[index] >= latest } ?? true)
        }
        if (0..<oldCapacity).count(where: counts) * 2 > mask { mask = oldCapacity * 2 - 1 }
        slots = Self.make(mask + 1)
        if oldUntils != nil { untils = Self.make(mask + 1) }
        if oldContents != nil { contents = Self.make(mask + 1) }
        count = 0
        for index in 0..<oldCapacity where counts(index) {
            var at = Self.hash(oldSlots[index].high, oldSlots[index].low) & mask
            while !slots[at].isEmpty { at = (at + 1) & mask }
            slots[at] = oldSlots[index]
            if let untils, let oldUntils { untils[at] = oldUntils[index] }
            if let contents, let oldContents { contents[at] = oldContents[index] }
            count += 1
        }
        Self.free(oldSlots, oldUntils, oldContents, oldCapacity)
    }
}
