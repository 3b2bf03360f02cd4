/// How many distinct values there were: exact up to 512 of them, and then an estimate whose standard error is 1.6 %. Merging in
/// any order and grouping gives the same bits. Nothing can be taken back.
///
/// The estimate is a HyperLogLog of 4,096 registers (Flajolet et al. 2007), read as in Ertl, New cardinality estimation
/// algorithms for HyperLogLog sketches, 2017 (algorithm 6).
public struct DistinctCount: ReducerState {
    /// So many values are counted exactly.
    public static let exactLimit = 512
    /// Bits of a value's hash that choose its register.
    private static let precision = 12
    private static let registerCount = 1 << precision

    @usableFromInline var exact = DistinctSet()
    /// Of each register the most leading zeros of a hash, plus one. Empty while the count is exact.
    private var registers: [UInt8] = []

    public init() {}

    /// Whether `count` is no estimate.
    public var isExact: Bool { registers.isEmpty }

    public var count: Int { isExact ? exact.count : Int(estimate.rounded()) }

    /// Inserts a number, or an actor's `actorHash`.
    public mutating func insert(_ value: UInt64) {
        if isExact {
            exact.insert(value)
            if exact.count > Self.exactLimit { estimateFromNow() }
        } else {
            note(value)
        }
    }

    /// Inserts a text, by a hash of 64 bits.
    public mutating func insert(_ text: Text) { insert(Self.hash(of: text)) }

    /// The number that stands for a text: to insert it is to insert the text.
    public static func hash(of text: Text) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    /// To be called some time before `insert`: see `Reducer.prefetch`.
    @inlinable
    @inline(__always)
    public mutating func prefetch(_ value: UInt64) { exact.prefetch(value) }

    public mutating func merge(_ other: DistinctCount) {
        if isExact && other.isExact {
            exact.merge(other.exact)
            if exact.count > Self.exactLimit { estimateFromNow() }
            return
        }
        if isExact { estimateFromNow() }
        for value in other.exact.sorted { note(value) }
        for index in other.registers.indices { registers[index].raise(to: other.registers[index]) }
    }

    private mutating func estimateFromNow() {
        registers = [UInt8](repeating: 0, count: Self.registerCount)
        for value in exact.sorted { note(value) }
        exact = DistinctSet()
    }

    private mutating func note(_ value: UInt64) {
        // The finalizer of SplitMix64: numbers that are close must not have hashes that are.
        var hash = value &+ 0x9e37_79b9_7f4a_7c15
        hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
        hash ^= hash >> 31
        let rank = min((hash << Self.precision).leadingZeroBitCount, 64 - Self.precision) + 1
        registers[Int(hash >> (64 - Self.precision))].raise(to: UInt8(rank))
    }

    private var estimate: Double {
        let largest = 64 - Self.precision
        var counts = [Int](repeating: 0, count: largest + 2)
        for register in registers { counts[Int(register)] += 1 }
        let m = Double(Self.registerCount)
        var z = m * Self.tau(1 - Double(counts[largest + 1]) / m)
        for rank in (1...largest).reversed() { z = 0.5 * (z + Double(counts[rank])) }
        z += m * Self.sigma(Double(counts[0]) / m)
        return m * m / (2 * 0.693_147_180_559_945_3 * z)
    }

    private static func sigma(_ x: Double) -> Double {
        if x == 1 { return .infinity }
        var (x, y, z, before) = (x, 1.0, x, -1.0)
        while z != before {
            x *= x
            before = z
            z += x * y
            y += y
        }
        return z
    }

    private static func tau(_ x: Double) -> Double {
        if x == 0 || x == 1 { return 0 }
        var (x, y, z, before) = (x, 1.0, 1 - x, -1.0)
        while z != before {
            x.formSquareRoot()
            before = z
            y *= 0.5
            z -= (1 - x) * (1 - x) * y
        }
        return z / 3
    }
}

extension DistinctCount: Equatable {}

extension DistinctCount: StateCoding {
    /// The values in ascending order, or the bytes of the registers.
    public func encode(into writer: inout StateWriter) {
        writer.map { map in
            if isExact {
                map.field("exact", exact)
            } else {
                map.field("registers", Registers(bytes: registers))
            }
        }
    }

    public init(from reader: inout StateReader) throws {
        var map = try reader.map()
        exact = try map.read("exact", default: DistinctSet())
        registers = try map.read("registers", default: Registers(bytes: [])).bytes
        guard registers.isEmpty || registers.count == Self.registerCount && registers.allSatisfy({ $0 <= 53 }) else {
            throw StateError(
                expected: "\(Self.registerCount) registers", found: "\(registers.count), or ranks that none has")
        }
    }
}

private struct Registers: StateCoding {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    func encode(into writer: inout StateWriter) { bytes.withUnsafeBytes { writer.bytes($0) } }

    init(from reader: inout StateReader) throws { bytes = Array(try reader.bytes()) }
}
