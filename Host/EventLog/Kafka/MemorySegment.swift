/// Where records are put one after the other.
protocol RecordTarget: AnyObject {
    /// The memory of the next `length` bytes, a multiple of 8, which lie in one piece.
    func extend(by length: Int) -> UnsafeMutableRawPointer
}

/// A segment of a log whose records are kept elsewhere: memory alone. Used by the log's reading thread alone.
final class MemorySegment: RecordTarget {
    let number: UInt32
    /// Where the segment ends.
    private(set) var end = 0
    private let state: DurableState
    private var block: TailBlock
    private var spare: TailBlock?

    init(number: UInt32, state: DurableState) {
        self.number = number
        self.state = state
        block = TailBlock(capacity: TailBlock.usualCapacity)
        spare = state.extendMemory(.init(segment: number, first: 0, block: block))
    }

    func extend(by length: Int) -> UnsafeMutableRawPointer {
        if end - block.base + length > block.capacity { beginBlock(for: length) }
        defer { end += length }
        return block.start + (end - block.base)
    }

    private func beginBlock(for length: Int) {
        let isUsual = length <= TailBlock.usualCapacity
        let next =
            isUsual
            ? spare ?? TailBlock(capacity: TailBlock.usualCapacity)
            : TailBlock(capacity: TailBlock.roundUp(length))
        if isUsual { spare = nil }
        next.base = end
        block = next
        if let free = state.extendMemory(.init(segment: number, first: end, block: next)) { spare = free }
    }
}

/// Records that one chunk of history has. Not thread-safe.
final class RecordBuffer: RecordTarget {
    private var start = UnsafeMutableRawPointer.allocate(byteCount: RecordBuffer.usual, alignment: 16)
    private var capacity = RecordBuffer.usual
    private var length = 0
    private static let usual = 1 << 20
    /// Can be read after the last record.
    private static let padding = 64

    deinit { start.deallocate() }

    var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: length) }

    func removeAll() { length = 0 }

    func extend(by length: Int) -> UnsafeMutableRawPointer {
        if self.length + length + Self.padding > capacity {
            let larger = max(2 * capacity, self.length + length + Self.padding)
            let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            moved.copyMemory(from: start, byteCount: self.length)
            start.deallocate()
            start = moved
            capacity = larger
        }
        defer { self.length += length }
        return start + self.length
    }
}
