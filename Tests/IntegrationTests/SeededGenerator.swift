/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// So many different numbers of a range, ascending; none is nearer than `gap` to the one before.
    mutating func points(_ count: Int, in range: Range<Int>, gap: Int) -> [Int] {
        let room = range.count - gap * count
        let free = (0..<count).map { _ in Int.random(in: 0..<room, using: &self) }.sorted()
        return free.enumerated().map { range.lowerBound + $1 + gap * $0 }
    }
}
