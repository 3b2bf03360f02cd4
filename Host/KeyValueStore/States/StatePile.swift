/// The stored states of one component in one partition: a sorted part, and the rows that were committed since it was
/// made. Merging makes one sorted part of both, so that a state's old versions go.
protocol StatePile {
    /// Rises with the order in which piles were made; never given to another pile.
    var id: Int { get }
    var component: StateComponent { get }
    var isExternal: Bool { get }
    var partition: Int { get }

    /// The rows since the last merge, the oldest first.
    func forEachRecent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws

    /// The rows of the sorted part from the one that may hold `hash`, until `body` returns false.
    func forEachSorted(from hash: Int64, _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool) throws
}

extension StatePile {
    /// The stored value of each key, nil where it has none. The keys are CBOR.
    func find(_ keys: [[UInt8]]) throws -> [[UInt8]?] {
        var found = [[UInt8]?](repeating: nil, count: keys.count)
        var isDecided = [Bool](repeating: false, count: keys.count)
        let wanted = Dictionary(grouping: keys.indices) { keys[$0].withUnsafeBytes(StateEntry.hash) }
        func look(in row: UnsafeRawBufferPointer, for wanted: [Int64: [Int]]) throws {
            var entries = StateEntries(row)
            while let entry = entries.next() {
                for index in wanted[entry.hash] ?? [] where entry.key.elementsEqual(keys[index]) {
                    found[index] = entry.value.map { [UInt8]($0) }
                    isDecided[index] = true
                }
            }
            if entries.isCutShort { throw damaged }
        }
        // Later rows are newer, and overrule.
        try forEachRecent { try look(in: $0, for: wanted) }
        for (hash, indices) in wanted {
            let open = indices.filter { !isDecided[$0] }
            if open.isEmpty { continue }
            try forEachSorted(from: hash) { _, row in
                try look(in: row, for: [hash: open])
                return false
            }
        }
        return found
    }

    /// Calls `body` for each state from a hash on, by rising hash, until it returns false.
    func forEachState(from hash: Int64, _ body: (StateEntry, Int64) throws -> Bool) throws {
        let windowRows = 32
        var start = hash
        while true {
            var sorter = StateSorter()
            var end = Int64.max
            var rows = 0
            try forEachSorted(from: start) { firstHash, row in
                if rows == windowRows && firstHash > start {
                    end = firstHash - 1
                    return false
                }
                rows += 1
                guard sorter.add(row, in: start...(.max)) else { throw damaged }
                return true
            }
            try forEachRecent { guard sorter.add($0, in: start...end) else { throw damaged } }
            var isOver = false
            try sorter.forEach { entry, hash in
                isOver = try !body(entry, hash)
                return !isOver
            }
            if isOver || end == .max { return }
            start = end + 1
        }
    }

    /// The rows of a sorted part that stands for the whole pile and a newer block. `sorter` is empty before and after:
    /// its memory serves many merges.
    func merged(with block: [UInt8], by sorter: inout StateSorter) throws -> [StateRow] {
        defer { sorter.removeAll() }
        try forEachSorted(from: .min) { _, row in
            guard sorter.add(row) else { throw damaged }
            return true
        }
        try forEachRecent { guard sorter.add($0) else { throw damaged } }
        guard block.withUnsafeBytes({ sorter.add($0) }) else { throw damaged }
        return sorter.merged()
    }

    /// The error for bytes that are no states.
    var damaged: StoreError {
        let header = component.header(isExternal ? .external : .internal)
        return .corrupt(place: "the states of \(header) in partition \(partition)", found: "bytes that are no states")
    }
}
