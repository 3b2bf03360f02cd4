import Glibc
import CRecords
import Records

/// Gives each different part of a key a small number, so that keys are compared and hashed as numbers. Numbers are never given
/// back. Not thread-safe: one for each shard.
///
/// A part is kept as the CBOR item that it is in the key's stored form.
struct Interner: ~Copyable {
    /// The upper half of the hash, to tell most texts apart without reading them; the number plus one, or 0 for empty.
    private struct Slot {
        var tag: UInt32
        var number: UInt32
        /// Where the item begins.
        var item: UInt64
    }

    private struct Entry {
        var item: UInt64
        var length: UInt32
        /// Bytes of the item before the text.
        var head: UInt32
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    private(set) var count = 0
    private var items = Bytes()
    private let seed: UInt64

    init() {
        mask = (1 << 12) - 1
        slots = Self.makeSlots(mask + 1)
        capacity = 1 << 11
        entries = .allocate(capacity: capacity)
        seed = .random(in: 0...UInt64.max)
    }

    deinit {
        lectern_pages_free(slots, (mask + 1) * MemoryLayout<Slot>.stride)
        entries.deallocate()
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
        lectern_pages(count * MemoryLayout<Slot>.stride).assumingMemoryBound(to: Slot.self)
    }

    @inline(__always)
    func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        Hash.of(text, seed: seed)
    }

    @inline(__always)
    func prefetch(_ hash: UInt64) {
        lectern_prefetch(slots + Int(truncatingIfNeeded: hash) & mask)
    }

    /// To be called some time before `number(of:hash:)`, once the slot has been prefetched.
    @inline(__always)
    func prefetchItem(_ hash: UInt64) {
        let slot = slots[Int(truncatingIfNeeded: hash) & mask]
        if slot.number != 0 { lectern_prefetch(items.raw.start + Int(slot.item)) }
    }

    /// The number of a text, whose hash is given.
    @inline(__always)
    mutating func number(of text: UnsafeRawBufferPointer, hash: UInt64) -> UInt32 {
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var at = Int(truncatingIfNeeded: hash) & mask
        let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
        while slots[at].number != 0 {
            if slots[at].tag == tag, lectern_cbor_is_text(items.raw.start + Int(slots[at].item), start, text.count) {
                return slots[at].number - 1
            }
            at = (at + 1) & mask
        }
        let item = items.count
        lectern_cbor_text(&items.raw, start, text.count)
        return insert(item: item, head: items.count - item - text.count, tag: tag, at: at)
    }

    /// The number of an integer (major type 0 or 1) or a boolean (7).
    mutating func number(of value: Int64, isBoolean: Bool) -> UInt32 {
        let hash = Hash.of(UInt64(bitPattern: value) ^ (isBoolean ? seed &+ 1 : seed))
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let item = items.count
        if isBoolean {
            lectern_cbor_head(&items.raw, 7, value == 0 ? 20 : 21)
        } else {
            lectern_cbor_integer(&items.raw, value)
        }
        let length = items.count - item
        var at = Int(truncatingIfNeeded: hash) & mask
        while slots[at].number != 0 {
            let entry = entries[Int(slots[at].number) - 1]
            if slots[at].tag == tag, entry.head == 0, Int(entry.length) == length,
                memcmp(items.raw.start + Int(entry.item), items.raw.start + item, length) == 0
            {
                items.truncate(to: item)
                return slots[at].number - 1
            }
            at = (at + 1) & mask
        }
        return insert(item: item, head: 0, tag: tag, at: at)
    }

    /// The stored form of a part. Valid until the next part is added.
    func item(_ number: UInt32) -> UnsafeRawBufferPointer {
        let entry = entries[Int(number)]
        return UnsafeRawBufferPointer(start: items.raw.start + Int(entry.item), count: Int(entry.length))
    }

    private mutating func insert(item: Int, head: Int, tag: UInt32, at slot: Int) -> UInt32 {
        if count == capacity {
            let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
            larger.moveInitialize(from: entries, count: count)
            entries.deallocate()
            entries = larger
            capacity *= 2
        }
        entries[count] = Entry(item: UInt64(item), length: UInt32(items.count - item), head: UInt32(head))
        count += 1
        slots[slot] = Slot(tag: tag, number: UInt32(count), item: UInt64(item))
        if count * 2 > mask { grow() }
        return UInt32(count) - 1
    }

    private mutating func grow() {
        let old = slots
        let oldCount = mask + 1
        mask = oldCount * 2 - 1
        slots = Self.makeSlots(mask + 1)
        for index in 0..<oldCount where old[index].number != 0 {
            let entry = entries[Int(old[index].number) - 1]
            let start = UnsafeRawPointer(items.raw.start + Int(entry.item) + Int(entry.head))
            let hash =
                entry.head == 0
                ? hashOfNumber(at: start)
                : self.hash(UnsafeRawBufferPointer(start: start, count: Int(entry.length - entry.head)))
            var at = Int(truncatingIfNeeded: hash) & mask
            while slots[at].number != 0 { at = (at + 1) & mask }
            slots[at] = old[index]
        }
        lectern_pages_free(old, oldCount * MemoryLayout<Slot>.stride)
    }

    /// The hash that `number(of:isBoolean:)` gave the item.
    private func hashOfNumber(at item: UnsafeRawPointer) -> UInt64 {
        var cursor: UnsafePointer<UInt8>? = item.assumingMemoryBound(to: UInt8.self)
        var major: UInt8 = 0
        var size: UInt8 = 0
        var argument: UInt64 = 0
        _ = lectern_cbor_read_head(&cursor, cursor! + 9, &major, &argument, &size)
        switch major {
        case 0: return Hash.of(argument ^ seed)
        case 1: return Hash.of(~argument ^ seed)
        default: return Hash.of((argument == 21 ? 1 : 0) ^ (seed &+ 1))
        }
    }
}
