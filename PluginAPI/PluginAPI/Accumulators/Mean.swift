/// An exact mean: a count and a sum in millionths, so that adding, merging and taking back in any order gives the
/// same bits.
@frozen
public struct Mean: Hashable, Sendable {
    @usableFromInline var added: Int
    @usableFromInline var millionths: Int128

    @inlinable
    public init() {
        added = 0
        millionths = 0
    }

    @inlinable
    public var count: Int { added }

    @inlinable
    public mutating func add(_ value: Int) {
        added += 1
        millionths &+= Int128(value) &* 1_000_000
    }

    /// Adds a value, rounded to millionths. What is beyond ±9.2e12 counts as that bound, NaN as zero.
    @inlinable
    public mutating func add(_ value: Double) {
        added += 1
        millionths &+= Int128(Mean.fixed(value))
    }

    /// Takes back what `add` added.
    @inlinable
    public mutating func remove(_ value: Int) {
        added -= 1
        millionths &-= Int128(value) &* 1_000_000
    }

    @inlinable
    public mutating func remove(_ value: Double) {
        added -= 1
        millionths &-= Int128(Mean.fixed(value))
    }

    @inlinable
    public mutating func merge(_ other: Mean) {
        added += other.added
        millionths &+= other.millionths
    }

    /// Takes back what `merge` added.
    @inlinable
    public mutating func subtract(_ other: Mean) {
        added -= other.added
        millionths &-= other.millionths
    }

    public var sum: Double { Double(millionths) / 1e6 }

    /// nil if nothing was added.
    public var mean: Double? { count == 0 ? nil : sum / Double(count) }

    @inlinable
    static func fixed(_ value: Double) -> Int64 {
        guard value == value else { return 0 }
        return Int64(exactly: (min(max(value, -9.2e12), 9.2e12) * 1e6).rounded()) ?? 0
    }
}

extension Mean: StateCoding {
    public func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("count", added)
            map.field("millionths", millionths)
        }
    }

    public init(from reader: inout StateReader) throws {
        var map = try reader.map()
        added = try map.read("count")
        millionths = try map.read("millionths")
    }
}
