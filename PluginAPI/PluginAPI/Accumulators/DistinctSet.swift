public import CPluginAPI

/// An exact set of 64-bit values, for counting distinct actors (`event.actorHash`) or other hashes. Up to four lie in
/// the state itself; more go to a hash table on the heap.
public struct DistinctSet: ReducerState {
    @usableFromInline var small: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    @usableFromInline var size = 0
    @usableFromInline var table: DistinctTable?
    /// That of the table, so that a slot is found without it.
    @usableFromInline var shift: UInt8 = 0

    @inlinable
    public init() {}

    /// How many distinct values have been inserted.
    @inlinable
    public var count: Int { size }

    @inlinable
    public mutating func insert(_ value: UInt64) {
        if table == nil {
            if size > 0, small.0 == value { return }
            if size > 1, small.1 == value { return }
            if size > 2, small.2 == value { return }
            if size > 3, small.3 == value { return }
            switch size {
            case 0: small.0 = value
            case 1: small.1 = value
            case 2: small.2 = value
            case 3: small.3 = value
            default: return insertIntoTable(value)
            }
            size += 1
        } else {
            insertIntoTable(value)
        }
    }

    /// To be called some time before `insert`: see `Reducer.prefetch`.
    @inlinable
    @inline(__always)
    public mutating func prefetch(_ value: UInt64) {
        guard shift > 0 else { return }
        let table = withUnsafeBytes(of: &table) { $0.load(as: UnsafeRawPointer.self) }
        lectern_fetch_soon(table)
        lectern_fetch_soon(table + DistinctTable.offset(of: value, shift))
    }

    public func contains(_ value: UInt64) -> Bool {
        if let table { return table.contains(value) }
        return smallValues.contains(value)
    }

    public mutating func merge(_ other: DistinctSet) {
        // The smaller goes into the larger; an empty one costs nothing.
        if other.size > size {
            let smaller = self
            self = other
            smaller.forEach { insert($0) }
        } else {
            other.forEach { insert($0) }
        }
    }

    /// The values in ascending order.
    public var sorted: [UInt64] {
        [UInt64](unsafeUninitializedCapacity: size) { values, count in
            forEach {
                values[count] = $0
                count += 1
            }
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: size) { spare in
                UnsafeMutableBufferPointer(rebasing: values[..<size]).sortDistinct(spare)
            }
        }
    }

    @usableFromInline
    @inline(never)
    mutating func insertIntoTable(_ value: UInt64) {
        if table == nil {
            let first = DistinctTable.make(room: 16)
            for value in smallValues { first.insert(value) }
            table = first
        }
        // A copy of this state may share the table; and a table that is two thirds full grows.
        if !isKnownUniquelyReferenced(&table) || table!.isFull {
            table = table!.copy()
        }
        shift = UInt8(table!.header.shift)
        if table!.insert(value) { size += 1 }
    }

    private var smallValues: ArraySlice<UInt64> { [small.0, small.1, small.2, small.3][..<min(size, 4)] }

    private func forEach(_ body: (UInt64) -> Void) {
        if let table { table.forEach(body) } else { smallValues.forEach(body) }
    }
}

extension DistinctSet: Equatable {
    public static func == (left: DistinctSet, right: DistinctSet) -> Bool {
        left.size == right.size && left.sorted == right.sorted
    }
}

extension DistinctSet: StateCoding {
    /// An array of integers in ascending order.
    public func encode(into writer: inout StateWriter) {
        writer.array(size)
        for value in sorted { writer.unsigned(value) }
    }

    public init(from reader: inout StateReader) throws {
        for _ in 0..<(try reader.array()) { insert(try reader.unsigned()) }
    }
}
