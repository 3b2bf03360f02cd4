/// An open-addressing hash table of 64-bit values. Zero marks an empty slot; the value zero is kept apart.
@usableFromInline
final class DistinctTable: ManagedBuffer<DistinctTable.Header, UInt64> {
    @usableFromInline
    struct Header {
        var shift: Int
        var used: Int
        var hasZero: Bool
    }

    /// - Parameter room: slots, a power of two.
    static func make(room: Int) -> DistinctTable {
        let buffer = DistinctTable.create(minimumCapacity: room) { _ in
            Header(shift: 64 - room.trailingZeroBitCount, used: 0, hasZero: false)
        }
        buffer.withUnsafeMutablePointerToElements { $0.initialize(repeating: 0, count: room) }
        return unsafeDowncast(buffer, to: DistinctTable.self)
    }

    /// Where the search for a value begins.
    @inlinable
    @inline(__always)
    static func slot(of value: UInt64, _ shift: UInt8) -> Int {
        Int(truncatingIfNeeded: (value &* 0x9E37_79B9_7F4A_7C15) >> UInt64(shift))
    }

    /// About where, in bytes from the object's beginning: good enough for a hint.
    @inlinable
    @inline(__always)
    static func offset(of value: UInt64, _ shift: UInt8) -> Int {
        40 + slot(of: value, shift) * MemoryLayout<UInt64>.stride
    }

    private var room: Int { 1 << (64 - header.shift) }

    var isFull: Bool { header.used * 3 >= room * 2 }

    /// Returns whether the value is new. There must be room.
    @discardableResult
    func insert(_ value: UInt64) -> Bool {
        withUnsafeMutablePointers { header, slots in
            if value == 0 {
                defer { header.pointee.hasZero = true }
                return !header.pointee.hasZero
            }
            let mask = 1 << (64 - header.pointee.shift) - 1
            var index = Self.slot(of: value, UInt8(truncatingIfNeeded: header.pointee.shift))
            while slots[index] != 0 {
                if slots[index] == value { return false }
                index = (index + 1) & mask
            }
            slots[index] = value
            header.pointee.used += 1
            return true
        }
    }

    func contains(_ value: UInt64) -> Bool {
        withUnsafeMutablePointers { header, slots in
            if value == 0 { return header.pointee.hasZero }
            let mask = 1 << (64 - header.pointee.shift) - 1
            var index = Self.slot(of: value, UInt8(truncatingIfNeeded: header.pointee.shift))
            while slots[index] != 0 {
                if slots[index] == value { return true }
                index = (index + 1) & mask
            }
            return false
        }
    }

    /// The same values, with room for at least one more.
    func copy() -> DistinctTable {
        let copy = DistinctTable.make(room: isFull ? room * 2 : room)
        forEach { copy.insert($0) }
        return copy
    }

    func forEach(_ body: (UInt64) -> Void) {
        if header.hasZero { body(0) }
        withUnsafeMutablePointerToElements { slots in
            for index in 0..<room where slots[index] != 0 { body(slots[index]) }
        }
    }
}
