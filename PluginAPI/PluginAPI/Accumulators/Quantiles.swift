public import CPluginAPI

/// Quantiles of numbers, such as a median or a 95th percentile: each is within 1 % of a value that has that rank exactly. Adding,
/// merging and taking back in any order gives the same bits.
///
/// A DDSketch (Masson, Rim and Lee, VLDB 2019): it counts how many numbers fell into which bin, where bins grow with the numbers.
/// Bins are found without a logarithm, whose last bit depends on the machine, by a cubic that comes close to one. A number
/// is stored as one bin for some thirty per power of two that the numbers span; of numbers nearer to zero than 1e-9 only is
/// known that they are, and what is beyond ±1e12 counts as that bound. NaN counts as zero.
public struct Quantiles: ReducerState {
    /// A bin and how many numbers fell into it: in 64 bits, since what a sketch costs is the memory that is touched.
    @usableFromInline
    struct Bin: Hashable {
        /// The index in the upper 16 bits, the count in the lower 48. Bins have the order of their bits.
        @usableFromInline var bits: Int64

        /// 0 for zero; the larger, the farther away from it, with its sign.
        var index: Int16 { Int16(truncatingIfNeeded: bits >> 48) }
        /// Below 0 while more was taken back than added.
        var count: Int { Int((bits << 16) >> 16) }

        /// Nil: the count is too large.
        init?(index: Int16, count: Int) {
            bits = Self.first(index) | Int64(count) & 0xffff_ffff_ffff
            guard self.count == count else { return nil }
        }

        /// What no bin of this index comes before.
        fileprivate static func first(_ index: Int16) -> Int64 { Int64(index) << 48 }
    }

    /// By their index; no count is 0.
    @usableFromInline var bins: [Bin] = []

    private static let least = 1e-9
    private static let most = 1e12
    /// Bins for each power of two: at least 0.7 / ln((1 + 0.01) / (1 - 0.01)), where 0.7 is the slope of the cubic where it is
    /// flattest.
    private static let perOctave = 35.0
    /// What makes all indices of numbers other than zero positive: 35 bins for each power of two down to 2^-30.
    private static let offset: Int16 = 35 * 30 + 1

    public init() {}

    /// How many numbers there were.
    public var count: Int { bins.reduce(0) { $0 + $1.count } }

    public mutating func add(_ value: Double) { add(1, at: Self.index(of: value)) }

    /// Takes back what `add` added.
    public mutating func remove(_ value: Double) { add(-1, at: Self.index(of: value)) }

    public mutating func merge(_ other: Quantiles) { for bin in other.bins { add(bin.count, at: bin.index) } }

    /// Takes back what `merge` added.
    public mutating func subtract(_ other: Quantiles) { for bin in other.bins { add(-bin.count, at: bin.index) } }

    /// The number below which this part of all numbers lies, e.g. 0.5 for the median: 0 gives the least one, 1 the largest. Nil if
    /// there were none.
    public func quantile(_ part: Double) -> Double? {
        let count = count
        guard count > 0 else { return nil }
        let rank = Int((min(max(part, 0), 1) * Double(count - 1)).rounded(.down))
        var seen = 0
        for bin in bins {
            seen += bin.count
            if seen > rank { return Self.value(of: bin.index) }
        }
        return nil
    }

    /// To be called some time before `add`: see `Reducer.prefetch`.
    @inlinable
    @inline(__always)
    public mutating func prefetch() {
        // Their number is not known yet, and few have more than these.
        let storage = withUnsafeBytes(of: &bins) { $0.load(as: UnsafeRawPointer.self) }
        for line in 0..<8 { lectern_fetch_soon(storage + line * 64) }
    }

    private mutating func add(_ count: Int, at index: Int16) {
        let place = place(of: index)
        if place < bins.count, bins[place].index == index {
            let sum = bins[place].count + count
            if sum == 0 { bins.remove(at: place) } else { bins[place] = Self.bin(index, sum) }
        } else {
            bins.insert(Self.bin(index, count), at: place)
        }
    }

    private static func bin(_ index: Int16, _ count: Int) -> Bin {
        guard let bin = Bin(index: index, count: count) else { preconditionFailure("2^47 numbers in one bin") }
        return bin
    }

    /// Where the bin of this index is, or is to be. Its steps are the same for every index, so that a processor need not guess.
    private func place(of index: Int16) -> Int {
        bins.withUnsafeBufferPointer { bins in
            let first = Bin.first(index)
            var (place, left) = (0, bins.count)
            while left > 1 {
                let half = left / 2
                place &+= bins[place &+ half &- 1].bits < first ? half : 0
                left &-= half
            }
            return left == 1 && bins[place].bits < first ? place + 1 : place
        }
    }

    private static func index(of value: Double) -> Int16 {
        let size = min(abs(value), most)
        guard size >= least else { return 0 }
        let index = Int16((logarithm(size) * perOctave).rounded(.down)) + offset
        return value < 0 ? -index : index
    }

    /// Close to the binary logarithm, and equal to it at powers of two. `size` is a normal number.
    private static func logarithm(_ size: Double) -> Double {
        let part = size.significand - 1
        return Double(size.exponent) + ((6.0 / 35 * part - 3.0 / 5) * part + 10.0 / 7) * part
    }

    /// The middle of a bin: as far, by its ratio, from both of its ends.
    private static func value(of index: Int16) -> Double {
        guard index != 0 else { return 0 }
        let number = abs(index) - offset
        let (low, high) = (start(of: number), start(of: number + 1))
        let middle = 2 * low * high / (low + high)
        return index < 0 ? -middle : middle
    }

    /// The least number of a bin.
    private static func start(of number: Int16) -> Double {
        let target = Double(number) / perOctave
        let exponent = target.rounded(.down)
        let power = Double(sign: .plus, exponent: Int(exponent), significand: 1)
        var (low, high) = (1.0, 2.0)
        for _ in 0..<52 {
            let middle = (low + high) / 2
            if logarithm(middle) < target - exponent { low = middle } else { high = middle }
        }
        return power * high
    }
}

extension Quantiles: Hashable {}

extension Quantiles: StateCoding {
    /// An array that has, for each bin, how far its index is from the one before, and its count.
    public func encode(into writer: inout StateWriter) {
        writer.array(2 * bins.count)
        var last = 0
        for bin in bins {
            writer.integer(Int64(Int(bin.index) - last))
            writer.integer(Int64(bin.count))
            last = Int(bin.index)
        }
    }

    public init(from reader: inout StateReader) throws {
        let count = try reader.array()
        guard count % 2 == 0 else { throw StateError(expected: "pairs of bin and count", found: "\(count) numbers") }
        var last: Int64 = 0
        for place in 0..<count / 2 {
            let step = try reader.integer()
            guard abs(step) < 1 << 16, place == 0 || step > 0, let index = Int16(exactly: last + step) else {
                throw StateError(expected: "bins in ascending order", found: "\(step) behind \(last)")
            }
            last += step
            let numbers = try reader.integer()
            guard let bin = Bin(index: index, count: Int(numbers)) else {
                throw StateError(expected: "fewer than 2^47 numbers in a bin", found: "\(numbers)")
            }
            bins.append(bin)
        }
    }
}
