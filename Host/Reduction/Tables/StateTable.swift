import CRecords

/// Finds the states of one reducer in one partition by their keys. Open addressing, linear probing; what follows a removed key moves up.
struct StateTable {
    struct Slot {
        var key: UInt64
        var state: UnsafeMutableRawPointer?
    }

    private(set) var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private(set) var count = 0

    var capacity: Int { mask + 1 }

    init() {
        mask = 255
        slots = Self.makeSlots(256)
    }

    func deallocate() {
        lectern_pages_free(slots, capacity * MemoryLayout<Slot>.stride)
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
        lectern_pages(count * MemoryLayout<Slot>.stride).assumingMemoryBound(to: Slot.self)
    }

    @inline(__always)
    func prefetch(_ key: UInt64) {
        lectern_prefetch(slots + Int(truncatingIfNeeded: Hash.of(key)) & mask)
    }

    /// To be called some time before a state is used, once its slot has been prefetched.
    @inline(__always)
    func prefetchState(_ key: UInt64) {
        if let state = slot(key).pointee.state { lectern_prefetch(state.header) }
    }

    /// The slot of a key: its state is nil if the key is new. A new state must be put into it, and `inserted` called, at once.
    @inline(__always)
    func slot(_ key: UInt64) -> UnsafeMutablePointer<Slot> {
        var at = Int(truncatingIfNeeded: Hash.of(key)) & mask
        while slots[at].state != nil, slots[at].key != key { at = (at + 1) & mask }
        return slots + at
    }

    @inline(__always)
    mutating func inserted() {
        count += 1
        if count * 2 > mask { grow() }
    }

    /// Removes a key and returns its state; nil if it has none.
    mutating func remove(_ key: UInt64) -> UnsafeMutableRawPointer? {
        var hole = slot(key) - slots
        guard let state = slots[hole].state else { return nil }
        count -= 1
        var at = hole
        while true {
            at = (at + 1) & mask
            guard slots[at].state != nil else { break }
            // It may move up unless its own place lies behind the hole.
            let home = Int(truncatingIfNeeded: Hash.of(slots[at].key)) & mask
            if (at - home) & mask >= (at - hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
        }
        slots[hole] = Slot(key: 0, state: nil)
        return state
    }

    private mutating func grow() {
        let old = slots
        let oldCapacity = capacity
        mask = oldCapacity * 2 - 1
        slots = Self.makeSlots(mask + 1)
        for index in 0..<oldCapacity where old[index].state != nil {
            slot(old[index].key).pointee = old[index]
        }
        lectern_pages_free(old, oldCapacity * MemoryLayout<Slot>.stride)
    }
}
