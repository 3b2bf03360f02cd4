/// Puts rows of states together, whichever are newest, sorted by hash: what merging a pile, listing it and showing it
/// share.
struct StateSorter {
    private struct Item {
        let hash: Int64
        /// Of the row it came with: the larger, the newer.
        let age: Int
        let offset: Int
    }

    private var bytes: [UInt8] = []
    private var items: [Item] = []
    private var rows = 0

    /// Adds a row that is newer than all before it; only states with a hash in the range count. Returns false if the
    /// bytes are not whole states.
    mutating func add(_ row: UnsafeRawBufferPointer, in range: ClosedRange<Int64> = .min ... .max) -> Bool {
        let base = bytes.count
        bytes.append(contentsOf: row)
        rows += 1
        var entries = StateEntries(row)
        while let entry = entries.next() {
            let hash = entry.hash
            if range.contains(hash) {
                items.append(Item(hash: hash, age: rows, offset: base + entry.offset))
            }
        }
        return !entries.isCutShort
    }

    /// Calls `body` for the newest version of each state that is not gone, by rising hash, until it returns false.
    mutating func forEach(_ body: (StateEntry, Int64) throws -> Bool) rethrows {
        items.sort { ($0.hash, $1.age) < ($1.hash, $0.age) }
        try bytes.withUnsafeBytes { raw in
            func entry(_ item: Item) -> StateEntry {
                var entries = StateEntries(UnsafeRawBufferPointer(rebasing: raw[item.offset...]))
                return entries.next()!
            }
            var start = 0
            while start < items.count {
                let hash = items[start].hash
                let end = items[start...].firstIndex { $0.hash != hash } ?? items.count
                for index in start..<end {
                    let candidate = entry(items[index])
                    // Almost always one key has one hash; the loop is for the day when two have.
                    let isOld = items[start..<index].contains { entry($0).key.elementsEqual(candidate.key) }
                    guard !isOld, candidate.value != nil else { continue }
                    guard try body(candidate, hash) else { return }
                }
                start = end
            }
        }
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
                row.removeAll(keepingCapacity: true)
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
