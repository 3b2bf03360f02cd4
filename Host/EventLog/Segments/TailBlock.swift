import Glibc

/// A part of the last segment as it stands on the disk, in memory: what was appended last is read from here.
///
/// The log's thread alone writes, and only beyond the durable end; cursors read only before it. So the memory needs no
/// lock, and the class is `@unchecked Sendable`. A block is used again once no cursor holds it.
final class TailBlock: @unchecked Sendable {
    /// What a direct write asks of addresses, offsets and lengths.
    static let alignment = 4096
    /// Of a block for records of usual length.
    static let usualCapacity = 1 << 20

    let capacity: Int
    let start: UnsafeMutableRawPointer
    /// The byte of the segment's file that `start` stands for, a multiple of `alignment`.
    var base = 0

    /// - Parameter capacity: a multiple of `alignment`. That much more can be read after it.
    init(capacity: Int) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity + Self.alignment, alignment: Self.alignment)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: capacity + Self.alignment)
    }

    deinit { start.deallocate() }

    /// The memory of the bytes from `first` up to `end` of the file.
    func bytes(_ first: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + (first - base), count: end - first)
    }

    static func roundDown(_ offset: Int) -> Int { offset & ~(alignment - 1) }

    static func roundUp(_ offset: Int) -> Int { roundDown(offset + alignment - 1) }
}

/// The blocks of the last bytes of the log, oldest first.
struct Tail {
    struct Entry {
        let segment: UInt32
        /// Where the block's first record begins.
        let first: Int
        let block: TailBlock
    }

    private let limit: Int
    private var entries: [Entry] = []

    init(limit: Int) { self.limit = limit }

    /// Adds a block after the others. Returns one to use again, if the limit drops one that no cursor holds.
    mutating func append(_ entry: Entry) -> TailBlock? {
        entries.append(entry)
        guard entries.count > 1, entries.reduce(0, { $0 + $1.block.capacity }) > limit else { return nil }
        var dropped = entries.removeFirst().block
        return dropped.capacity == TailBlock.usualCapacity && isKnownUniquelyReferenced(&dropped) ? dropped : nil
    }

    /// The block of the record that begins at `offset`, and where the block's last record ends at the latest.
    func find(_ offset: LogOffset) -> (block: TailBlock, end: Int)? {
        guard let index = entries.lastIndex(where: { $0.segment == offset.segment && $0.first <= Int(offset.byte) })
        else {
            return nil
        }
        let following = index + 1 < entries.count ? entries[index + 1] : nil
        if let following, following.segment == offset.segment { return (entries[index].block, following.first) }
        return (entries[index].block, .max)
    }
}
