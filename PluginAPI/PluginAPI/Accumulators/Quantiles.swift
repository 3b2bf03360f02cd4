/// Quantiles of numbers, such as a median or a 95th percentile: each is within 1 % of a value that has that rank exactly. Adding,
/// merging and taking back in any order gives the same bits.
///
/// A DDSketch (Masson, Rim and Lee, VLDB 2019): it counts how many numbers fell into which bin, where bins grow with the numbers.
/// Bins are found without a logarithm, whose last bit depends on the machine, by a cubic that comes close to one. A number
/// is stored as one bin for some thirty per power of two that the numbers span; of numbers nearer to zero than 1e-9 only is
/// known that they are, and what is beyond ±1e12 counts as that bound. NaN counts as zero.
public struct Quantiles: ReducerState {
    struct Bin: Hashable {
        /// 0 for zero; the larger, the farther away from it, with its sign.
        var index: Int32
        var count: Int
    }

    /// By their index; no count is 0.
    private var bins: [Bin] = []

    private static let least = 1e-9
    private static let most = 1e12
    /// Bins for each power of two: at least 0.7 / ln((1 + 0.01) / (1 - 0.01)), where 0.7 is the slope of the cubic where it is
    /// flattest.
    private static let perOctave = 35.0
    /// What makes all indices of numbers other than zero positive: 35 bins for each power of two down to 2^-30.
    private static let offset: Int32 = 35 * 30 + 1

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

    private mutating func add(_ count: Int, at index: Int32) {
        var (low, high) = (0, bins.count)
        while low < high {
            let middle = (low + high) / 2
            if bins[middle].index < index { low = middle + 1 } else { high = middle }
        }
        if low < bins.count, bins[low].index == index {
            bins[low].count += count
            if bins[low].count == 0 { bins.remove(at: low) }
        } else {
            bins.insert(Bin(index: index, count: count), at: low)
        }
    }

    private static func index(of value: Double) -> Int32 {
        let size = min(abs(value), most)
        guard size >= least else { return 0 }
        let index = Int32((logarithm(size) * perOctave).rounded(.down)) + offset
        return value < 0 ? -index : index
    }

    /// Close to the binary logarithm, and equal to it at powers of two. `size` is a normal number.
    private static func logarithm(_ size: Double) -> Double {
        let part = size.significand - 1
        return Double(size.exponent) + ((6.0 / 35 * part - 3.0 / 5) * part + 10.0 / 7) * part
    }

    /// The middle of a bin: as far, by its ratio, from both of its ends.
    private static func value(of index: Int32) -> Double {
        guard index != 0 else { return 0 }
        let number = abs(index) - offset
        let (low, high) = (start(of: number), start(of: number + 1))
        let middle = 2 * low * high / (low + high)
        return index < 0 ? -middle : middle
    }

    /// The least number of a bin.
    private static func start(of number: Int32) -> Double {
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
        var last: Int32 = 0
        for bin in bins {
            writer.integer(Int64(bin.index - last))
            writer.integer(Int64(bin.count))
            last = bin.index
        }
    }

    public init(from reader: inout StateReader) throws {
        let count = try reader.array()
        guard count % 2 == 0 else { throw StateError(expected: "pairs of bin and count", found: "\(count) numbers") }
        var last: Int64 = 0
        for index in 0..<count / 2 {
            let step = try reader.integer()
            guard abs(step) < 1 << 16, index == 0 || step > 0, let bin = Int32(exactly: last + step) else {
                throw StateError(expected: "bins in ascending order", found: "\(step) behind \(last)")
            }
            last = Int64(bin)
            bins.append(Bin(index: bin, count: Int(try reader.integer())))
        }
    }
}
