import Glibc

/// The last segment, which grows: its end in memory, and how it gets to the disk. Used by the log's thread alone.
///
/// Records are built in blocks of memory that stand for pages of the file, and pages are written past the system's
/// cache where the file system allows it: the cache would copy each record once more, and into memory that is new to
/// it. A written page is filled up with zeros, which a later write of the same page replaces; and the file is filled up
/// with zeros ahead of its end, so that a sync finds its length and its places on the disk as they were and need not write
/// them, too.
final class SegmentFile {
    let number: UInt32
    /// Where the segment ends.
    private(set) var end: Int
    private let file: File
    private let isDirect: Bool
    private let state: DurableState
    private var block: TailBlock
    private var spare: TailBlock?
    /// The bytes before this one have been written.
    private var written: Int
    /// Where the zeros end that the file was filled up with.
    private var filled: Int
    private static let zeros = TailBlock(capacity: 1 << 20)

    /// Creates the file of a new segment, with its head.
    convenience init(_ path: String, number: UInt32, head: UnsafeRawBufferPointer, direct: Bool, state: DurableState)
        throws
    {
        let file = try File(path, O_RDWR | O_CREAT | O_EXCL)
        try file.write(head, at: 0)
        try file.sync()
        try self.init(file, number: number, end: head.count, direct: direct, state: state)
    }

    /// Goes on with a file whose records end at `end`.
    init(_ file: File, number: UInt32, end: Int, direct: Bool, state: DurableState) throws {
        self.file = file
        self.number = number
        self.end = end
        self.state = state
        written = end
        filled = TailBlock.roundUp(end)
        block = TailBlock(capacity: TailBlock.usualCapacity)
        block.base = TailBlock.roundDown(end)
        let page = UnsafeMutableRawBufferPointer(start: block.start, count: end - block.base)
        guard try file.read(into: page, at: block.base) == page.count else {
            throw LogError.corrupt(file.path, at: block.base, "the file has become shorter")
        }
        isDirect = direct && file.writeDirectly()
        spare = state.extendTail(.init(segment: number, first: end, block: block))
    }

    /// Bytes that `extend` can give, at least the length of the next record.
    func room(forRecord length: Int) throws -> Int {
        if end - block.base + length > block.capacity { try beginBlock(for: length) }
        return block.capacity - (end - block.base)
    }

    /// The memory of the next `length` bytes, which must not be more than there is room for.
    func extend(by length: Int) -> UnsafeMutableRawPointer {
        defer { end += length }
        return block.start + (end - block.base)
    }

    /// Writes what was added. Durable only after `sync`.
    func write() throws {
        guard written < end else { return }
        if isDirect {
            let first = TailBlock.roundDown(written)
            let padded = TailBlock.roundUp(end)
            memset(block.start + (end - block.base), 0, padded - end)
            fill(to: padded)
            try file.write(block.bytes(first, padded), at: first)
        } else {
            try file.write(block.bytes(written, end), at: written)
        }
        written = end
    }

    /// A disk without room for the zeros may have room for the records.
    private func fill(to end: Int) {
        while filled < end {
            let zeros = Self.zeros.bytes(0, Self.zeros.capacity)
            let isWritten = (try? file.write(zeros, at: filled)) != nil
            filled = isWritten ? filled + zeros.count : .max
        }
    }

    func sync() throws { try file.sync() }

    /// Ends the file where the segment ends, and syncs it.
    func finish() throws {
        try file.truncate(to: end)
        try file.syncAll()
    }

    /// Goes on in another block, which begins with the page in which the segment ends.
    private func beginBlock(for length: Int) throws {
        try write()
        let base = TailBlock.roundDown(end)
        let needed = TailBlock.roundUp(end - base + length)
        let next =
            needed <= TailBlock.usualCapacity
            ? spare ?? TailBlock(capacity: TailBlock.usualCapacity) : TailBlock(capacity: needed)
        if needed <= TailBlock.usualCapacity { spare = nil }
        next.base = base
        memcpy(next.start, block.start + (base - block.base), end - base)
        block = next
        if let free = state.extendTail(.init(segment: number, first: end, block: next)) { spare = free }
    }
}
