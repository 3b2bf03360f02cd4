import CRecords

/// Where spilled states lie, by a hash of partition and key: eight bytes a slot, so that a state which is not in memory costs
/// little of it. Open addressing, linear probing. Not thread-safe.
struct SpillIndex: ~Copyable {
    struct Slot {
        var hash: UInt32
        /// In units; 0 if the slot is empty, `gone` if the state has left.
        var place: UInt32
    }

    /// A walk over the slots that may be of one hash.
    struct Search {
        let hash: UInt32
        fileprivate var at: Int
    }

    static let gone = UInt32.max

    private var table: UnsafeMutablePointer<Slot>
    private var mask = 255
    /// Slots that are not empty.
    private var used = 0
    private(set) var count = 0

    init() { table = Self.make(256) }

    deinit { lectern_pages_free(table, (mask + 1) * MemoryLayout<Slot>.stride) }

    private static func make(_ count: Int) -> UnsafeMutablePointer<Slot> {
        lectern_pages(count * MemoryLayout<Slot>.stride).assumingMemoryBound(to: Slot.self)
    }

    /// All that are states, in no order.
    var slots: [Slot] {
        (0...mask).compactMap { table[$0].place == 0 || table[$0].place == Self.gone ? nil : table[$0] }
    }

    mutating func insert(_ slot: Slot) {
        if (used + 1) * 4 > (mask + 1) * 3 { rebuild() }
        var at = Int(slot.hash) & mask
        while table[at].place != 0 { at = (at + 1) & mask }
        table[at] = slot
        used += 1
        count += 1
    }

    func search(_ hash: UInt32) -> Search { Search(hash: hash, at: (Int(hash) &- 1) & mask) }

    /// The next place of the search's hash, or nil.
    func next(_ search: inout Search) -> UInt32? {
        while true {
            search.at = (search.at + 1) & mask
            let slot = table[search.at]
            if slot.place == 0 { return nil }
            if slot.hash == search.hash, slot.place != Self.gone { return slot.place }
        }
    }

    /// Removes what `next` found last.
    mutating func remove(_ search: Search) {
        table[search.at].place = Self.gone
        count -= 1
    }

    /// Leaves out what is gone; grows if that frees too little.
    private mutating func rebuild() {
        let (old, oldCount) = (table, mask + 1)
        if count * 2 > oldCount { mask = oldCount * 2 - 1 }
        table = Self.make(mask + 1)
        for index in 0..<oldCount where old[index].place != 0 && old[index].place != Self.gone {
            var at = Int(old[index].hash) & mask
            while table[at].place != 0 { at = (at + 1) & mask }
            table[at] = old[index]
        }
        used = count
        lectern_pages_free(old, oldCount * MemoryLayout<Slot>.stride)
    }
}
