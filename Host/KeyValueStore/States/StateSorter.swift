import CXXHash

/// Puts rows of states together, the newest version of each state, sorted by hash: what merging a pile and listing it
/// share.
struct StateSorter {
    private struct Item {
        let hash: Int64
        /// Another hash of the key. Who chooses keys does not know its seed, so that keys are equal if both hashes are:
        /// looking at the keys themselves, which lie far apart, would take most of the time.
        let check: UInt64
        /// Where the state begins in `bytes`. The newer, the larger.
        let offset: Int
    }

    private static let seed = UInt64.random(in: .min ... .max)

    private var bytes: [UInt8] = []
    private var items: [Item] = []

    /// Forgets the rows and keeps the memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
    }

    /// Adds a row that is newer than all before it; only states with a hash in the range count. Returns false if the
    /// bytes are not whole states.
    mutating func add(_ row: UnsafeRawBufferPointer, in range: ClosedRange<Int64> = .min ... .max) -> Bool {
        let base = bytes.count
        bytes.append(contentsOf: row)
        var entries = StateEntries(row)
        while let entry = entries.next() {
            let hash = entry.hash
            guard range.contains(hash) else { continue }
            let check = XXH3_64bits_withSeed(entry.key.baseAddress, entry.key.count, Self.seed)
            items.append(Item(hash: hash, check: check, offset: base + entry.offset))
        }
        return !entries.isCutShort
    }

    /// Calls `body` for the newest version of each state that is not gone, by rising hash, until it returns false.
    mutating func forEach(_ body: (StateEntry, Int64) throws -> Bool) rethrows {
        sort()
        try bytes.withUnsafeBytes { raw in
            var start = 0
            while start < items.count {
                let hash = items[start].hash
                var end = start + 1
                while end < items.count && items[end].hash == hash { end += 1 }
                for index in start..<end {
                    let item = items[index]
                    // Almost always one key has one hash; the search is for the day when two have.
                    if index > start && items[start..<index].contains(where: { $0.check == item.check }) { continue }
                    var entries = StateEntries(UnsafeRawBufferPointer(rebasing: raw[item.offset...]))
                    guard let entry = entries.next(), entry.value != nil else { continue }
                    guard try body(entry, hash) else { return }
                }
                start = end
            }
        }
    }

    /// Sorts by hash, the newest first among equals. Hashes are spread evenly, so that one pass puts each item within a
    /// few places of its own.
    private mutating func sort() {
        let bits = max(0, Int.bitWidth - (items.count / 8).leadingZeroBitCount)
        func bucket(_ item: Item) -> Int {
            // Signed order as unsigned.
            bits == 0 ? 0 : Int(truncatingIfNeeded: (UInt64(bitPattern: item.hash) ^ (1 << 63)) >> (64 - UInt64(bits)))
        }
        var ends = [Int](repeating: 0, count: 1 << bits + 1)
        for item in items { ends[bucket(item) + 1] += 1 }
        for index in 1..<ends.count { ends[index] += ends[index - 1] }
        let sorted = [Item](unsafeUninitializedCapacity: items.count) { places, count in
            for item in items {
                let index = bucket(item)
                places.initializeElement(at: ends[index], to: item)
                ends[index] += 1
            }
            var start = 0
            for end in ends.dropLast() {
                places[start..<end].sort { $0.hash < $1.hash || $0.hash == $1.hash && $0.offset > $1.offset }
                start = end
            }
            count = items.count
        }
        items = sorted
    }

    /// The rows of a merged pile.
    mutating func merged() -> [StateRow] {
        var merged: [StateRow] = []
        var row: [UInt8] = []
        var firstHash: Int64 = 0
        var lastHash: Int64 = 0
        forEach { entry, hash in
            // States with one hash stay in one row, so that a search by hash finds all of them in it.
            if !row.isEmpty && row.count + entry.length > StateBlock.rowLimit && hash != lastHash {
                merged.append(StateRow(firstHash: firstHash, bytes: row))
                row = []
            }
            if row.isEmpty {
                firstHash = hash
                row.reserveCapacity(StateBlock.rowLimit)
            }
            row.append(contentsOf: UnsafeRawBufferPointer(start: entry.key.baseAddress! - 8, count: entry.length))
            lastHash = hash
            return true
        }
        if !row.isEmpty { merged.append(StateRow(firstHash: firstHash, bytes: row)) }
        return merged
    }
}
