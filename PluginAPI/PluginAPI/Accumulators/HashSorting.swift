extension [UInt64] {
    /// Sorts values most of which are hashes. Those lie evenly, so that the first bits of each say about where it belongs, and
    /// little is left to sort; other values are sorted as any.
    mutating func sortHashes() {
        guard count > 16 else { return sort() }
        // About two values for each beginning.
        let bits = Int.bitWidth - (count / 2).leadingZeroBitCount
        let shift = UInt64(64 - bits)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1 << bits) { ends in
            ends.initialize(repeating: 0)
            var most: Int32 = 0
            for value in self {
                ends[Int(value >> shift)] += 1
                most = Swift.max(most, ends[Int(value >> shift)])
            }
            guard most <= 16 else { return sort() }
            var end: Int32 = 0
            for place in ends.indices {
                end += ends[place]
                ends[place] = end
            }
            self = [UInt64](unsafeUninitializedCapacity: count) { sorted, filled in
                for value in self {
                    ends[Int(value >> shift)] -= 1
                    sorted[Int(ends[Int(value >> shift)])] = value
                }
                filled = count
                sorted.sortNearly()
            }
        }
    }
}

extension UnsafeMutableBufferPointer<UInt64> {
    /// Sorts values that are near their places: by insertion.
    fileprivate func sortNearly() {
        for next in 1..<count {
            let value = self[next]
            var place = next
            while place > 0, self[place - 1] > value {
                self[place] = self[place - 1]
                place -= 1
            }
            self[place] = value
        }
    }
}
