/// Random numbers that a seed determines, the same on every machine (SplitMix64).
struct SplitMix: Sendable {
    private var state: UInt64

    /// A sequence of its own for each pair of seed and stream.
    init(seed: UInt64, stream: UInt64) { state = Self.mix(seed ^ Self.mix(stream &+ 1)) }

    mutating func next() -> UInt64 {
        state = Self.next(state)
        return Self.mix(state)
    }

    /// From 0 up to, but not including, 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * fraction() }

    mutating func whole(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

    /// About normally distributed. A sum of twelve, since no two C libraries agree on a logarithm's last bit.
    mutating func normal(_ mean: Double, _ deviation: Double) -> Double {
        mean + deviation * ((0..<12).reduce(0) { sum, _ in sum + fraction() } - 6)
    }

    static func next(_ state: UInt64) -> UInt64 { state &+ 0x9e37_79b9_7f4a_7c15 }

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
