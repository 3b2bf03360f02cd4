internal import Glibc

extension StateWriter {
    /// Writes a map: `field` in `body` adds its entries, in any order; in the order of their bytes (shorter names
    /// first) they need not be sorted.
    @inlinable
    public mutating func map(_ body: (inout StateWriter) throws -> Void) rethrows {
        let outer = openFrame()
        try body(&self)
        closeMap(outer)
    }

    /// One entry of the map that is being written. Names are unique.
    @inlinable
    public mutating func field(_ name: StaticString, _ value: some StateCoding) {
        key(Text(name))
        value.encode(into: &self)
    }

    /// One entry, left out where the value is `empty`: `StateMap.read(_:default:)` gives that back.
    @inlinable
    public mutating func field<Value: StateCoding & Equatable>(
        _ name: StaticString, _ value: Value, unless empty: Value
    ) {
        if value != empty { field(name, value) }
    }

    /// Begins a container whose number of entries is not known yet. Returns what `closeMap` or `closeArray` restores.
    @usableFromInline
    mutating func openFrame() -> Frame {
        let outer = frame
        put(0)
        frame = Frame()
        frame.start = count
        return outer
    }

    /// Begins an entry of the map that is open: its value follows.
    @inlinable
    mutating func key(_ name: Text) {
        let start = beginEntry()
        text(name)
        // A longer text is the later one by its head alone.
        if name.count <= frame.lastLength { checkOrder(ofKeyAt: start) }
        frame.lastKey = start
        frame.lastLength = name.count
    }

    /// Begins an entry: its key, if it is a map's, and its value follow.
    @inlinable
    mutating func beginEntry() -> Int {
        frame.entries += 1
        return count
    }

    /// Takes note of a key that was written as some item, from `start`.
    mutating func notice(keyAt start: Int) {
        if frame.lastKey >= 0 { checkOrder(ofKeyAt: start) }
        frame.lastKey = start
        frame.lastLength = .max
    }

    @usableFromInline
    mutating func checkOrder(ofKeyAt start: Int) {
        // Neither key is a beginning of the other, so the comparison ends inside the shorter one.
        if memcmp(base + frame.lastKey, base + start, count - start) >= 0 { frame.isSorted = false }
    }

    @usableFromInline
    mutating func closeMap(_ outer: Frame) {
        if !frame.isSorted { sortEntries(itemsPerEntry: 2) }
        close(major: 5, outer)
    }

    /// - Parameter isSet: whether the items are a set's, to be sorted by their bytes.
    mutating func closeArray(_ outer: Frame, isSet: Bool = false) {
        if isSet { sortEntries(itemsPerEntry: 1) }
        close(major: 4, outer)
    }

    private mutating func close(major: UInt8, _ outer: Frame) {
        let start = frame.start
        let entries = UInt64(frame.entries)
        frame = outer
        let extra = entries < 24 ? 0 : entries <= 0xff ? 1 : entries <= 0xffff ? 2 : 4
        reserve(9)
        if extra > 0 { memmove(base + start + extra, base + start, count - start) }
        let end = count + extra
        count = start - 1
        head(major, entries)
        count = end
    }

    private mutating func sortEntries(itemsPerEntry: Int) {
        let start = frame.start
        let length = count - start
        let entries = frame.entries
        withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: entries) { order in
            var order = order
            reserve(length)
            var reader = StateReader(UnsafeRawBufferPointer(start: base + start, count: length))
            for index in 0..<entries {
                let first = reader.position
                for _ in 0..<itemsPerEntry { reader.skipKnown() }
                let entry = UnsafeRawBufferPointer(start: first, count: reader.position - first)
                (order.baseAddress! + index).initialize(to: entry)
            }
            order.sort { left, right in
                let order = memcmp(left.baseAddress!, right.baseAddress!, min(left.count, right.count))
                return order == 0 ? left.count < right.count : order < 0
            }
            var target = base + count
            for entry in order {
                memcpy(target, entry.baseAddress!, entry.count)
                target += entry.count
            }
            memcpy(base + start, base + count, length)
        }
    }
}
