extension UnsafeMutableBufferPointer<UInt64> {
    /// Sorts values each of which is there once. They are spread over places by how large they are, about two for each, and each
    /// place is sorted the same way. So hashes take two or three passes, whatever bits they have in common.
    ///
    /// - Parameter spare: as many values, for use meanwhile.
    func sortDistinct(_ spare: UnsafeMutableBufferPointer<UInt64>) {
        guard count > 16 else { return sortByInsertion() }
        var (least, most) = (self[0], self[0])
        for value in self { (least, most) = (Swift.min(least, value), Swift.max(most, value)) }
        let range = UInt64.bitWidth - (most - least).leadingZeroBitCount
        let bits = Int.bitWidth - (count / 2).leadingZeroBitCount
        let shift = UInt64(Swift.max(range - bits, 0))
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 1 << bits) { ends in
            ends.initialize(repeating: 0)
            for value in self { ends[Int((value - least) >> shift)] += 1 }
            for place in 1..<ends.count { ends[place] += ends[place - 1] }
            _ = spare.update(fromContentsOf: self)
            for value in spare[..<count] {
                let place = Int((value - least) >> shift)
                ends[place] -= 1
                self[ends[place]] = value
            }
            // By now these are the places' beginnings.
            for place in ends.indices {
                let end = place + 1 < ends.count ? ends[place + 1] : count
                if end - ends[place] > 1 { Self(rebasing: self[ends[place]..<end]).sortDistinct(spare) }
            }
        }
    }

    private func sortByInsertion() {
        for next in 1..<Swift.max(count, 1) {
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
