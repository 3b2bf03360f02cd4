import Records

/// Reads a running log from a place on, forwards: from the memory of its tail where it can, else from its files.
///
/// Not thread-safe. What throws, throws a `LogError`.
final class LogReader: RecordSource {
    private let folder: LogFolder
    private let identity: LogIdentity
    private let state: DurableState
    private let chunkBytes: Int
    private var segment: SegmentReader
    /// Where the next chunk begins.
    private(set) var offset: LogOffset
    /// The block of the last chunk.
    private var block: TailBlock?

    /// Begins with a segment's first record.
    convenience init(
        _ folder: LogFolder, _ identity: LogIdentity, _ state: DurableState, fromSegment number: UInt32,
        chunkBytes: Int = 256 << 10
    ) throws {
        let begin = LogOffset(segment: number, byte: UInt32(SegmentHeader.length(partitions: identity.partitions)))
        try self.init(folder, identity, state, from: begin, chunkBytes: chunkBytes)
    }

    /// - Parameter offset: a place between records.
    init(
        _ folder: LogFolder, _ identity: LogIdentity, _ state: DurableState, from offset: LogOffset,
        chunkBytes: Int = 256 << 10
    ) throws {
        self.folder = folder
        self.identity = identity
        self.state = state
        self.chunkBytes = chunkBytes
        self.offset = offset
        segment = try SegmentReader(
            folder.segmentPath(offset.segment), number: offset.segment, identity: identity, chunkBytes: chunkBytes)
    }

    /// Of the segment of the last chunk.
    var header: SegmentHeader { segment.header }

    /// The next records up to `end`, which must not lie beyond the durable end. Nil: there are none.
    /// - Throws: `corrupt` with the place, if a record's length is not what was written; `outOfRange` if its segment was
    ///   deleted.
    func next(through end: LogOffset) throws -> RecordChunk? {
        while offset < end {
            switch state.place(of: offset, through: end) {
            case .memory(let block, let length):
                self.block = block
                return chunk(block.bytes(Int(offset.byte), length), isChecked: true)
            case .file(let length):
                return chunk(try read(through: length), isChecked: false)
            case .nextSegment:
                let number = offset.segment + 1
                segment = try SegmentReader(
                    folder.segmentPath(number), number: number, identity: identity, chunkBytes: chunkBytes)
                offset = segment.beginning
            case .deleted:
                throw LogError(.outOfRange, "\(folder.segmentPath(offset.segment)): deleted while it was read")
            }
        }
        return nil
    }

    /// The error of a record that begins so many bytes behind the chunk's beginning.
    func corrupt(_ chunk: RecordChunk, at byte: Int, _ reason: String) -> LogError {
        .corrupt(segment.file.path, at: Int(chunk.offset.byte) + byte, reason)
    }

    private func chunk(_ bytes: UnsafeRawBufferPointer, isChecked: Bool) -> RecordChunk {
        defer { offset = LogOffset(segment: offset.segment, byte: offset.byte + UInt32(bytes.count)) }
        return RecordChunk(
            bytes: bytes, offset: offset, isChecked: isChecked, beginsSegment: offset == segment.beginning)
    }

    private func read(through length: Int) throws -> UnsafeRawBufferPointer {
        segment.seek(to: Int(offset.byte))
        do {
            return try segment.next(through: length)
        } catch let defect as Defect {
            throw LogError.corrupt(segment.file.path, at: Int(offset.byte), defect.reason)
        }
    }
}
