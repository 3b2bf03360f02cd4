public import Records

/// Reads a log from given positions on, forwards, for one shard.
///
///     let cursor = try LogCursor(log, from: positions)
///     while running {
///         let end = log.waitForDurable(after: cursor.offset, timeout: .seconds(1))
///         while let chunk = try cursor.next(through: end) {
///             for index in 0..<chunk.count { let record = chunk[index] … }
///         }
///     }
///
/// It gives events and control records of the partitions that it reads, from their positions on, in the log's order;
/// and every session record from the head of the segment in which it starts, so that each event's session comes before
/// it. Checksums are checked. Marks are left out.
///
/// Not thread-safe: one for each shard. What throws, throws a `LogError`.
package final class LogCursor {
    private let log: EventLog
    private let chunkBytes: Int
    private var segment: SegmentReader
    /// Where the next chunk begins.
    package private(set) var offset: LogOffset
    /// The block of the last chunk.
    private var block: TailBlock?
    /// For each partition the position to give next; `.max` for partitions that are not this cursor's.
    private let positions: UnsafeMutableBufferPointer<UInt64>
    private var records: [UInt32] = []

    /// - Parameters:
    ///   - positions: for each partition the position to begin at; nil: not this cursor's partition.
    ///   - chunkBytes: how much is read at once; a longer record is read whole.
    /// - Throws: `outOfRange` if a position lies before the first kept record or beyond the durable end.
    package init(_ log: EventLog, from positions: [UInt64?], chunkBytes: Int = 256 << 10) throws {
        precondition(positions.count == log.identity.partitions, "one position for each partition of the log")
        let segments = log.segments
        let next = log.nextPositions
        for (partition, position) in positions.enumerated() {
            guard let position else { continue }
            let kept = segments[0].basePositions[partition]...next[partition]
            guard !kept.contains(position) else { continue }
            throw LogError(
                .outOfRange,
                "\(log.folder.path): position \(position) of partition \(partition) was asked for, the log has "
                    + "\(kept.lowerBound) up to \(kept.upperBound)")
        }
        let start = segments.last { segment in
            zip(segment.basePositions, positions).allSatisfy { $0 <= $1 ?? .max }
        }
        self.log = log
        self.chunkBytes = chunkBytes
        segment = try Self.open(log, start?.number ?? segments[0].number, chunkBytes)
        offset = segment.beginning
        self.positions = .allocate(capacity: positions.count)
        _ = self.positions.initialize(from: positions.map { $0 ?? .max })
    }

    deinit { positions.deallocate() }

    /// The next records up to `end`, which must not lie beyond the durable end. Nil: there are none. A chunk may be
    /// empty.
    /// - Throws: `corrupt` with the place, if a record is not what was written; `outOfRange` if its segment was
    ///   deleted.
    package func next(through end: LogOffset) throws -> LogChunk? {
        while offset < end {
            switch log.place(of: offset, through: end) {
            case .memory(let block, let length):
                self.block = block
                return try chunk(block.bytes(Int(offset.byte), length), isChecked: true)
            case .file(let length):
                return try chunk(read(through: length), isChecked: false)
            case .nextSegment:
                segment = try Self.open(log, offset.segment + 1, chunkBytes)
                offset = segment.beginning
            case .deleted:
                throw LogError(.outOfRange, "\(log.folder.segmentPath(offset.segment)): deleted while it was read")
            }
        }
        return nil
    }

    private func read(through length: Int) throws -> UnsafeRawBufferPointer {
        segment.seek(to: Int(offset.byte))
        do {
            return try segment.next(through: length)
        } catch let defect as Defect {
            throw LogError.corrupt(segment.file.path, at: Int(offset.byte), defect.reason)
        }
    }

    /// Chooses the records that are this cursor's, and moves behind the bytes.
    private func chunk(_ bytes: UnsafeRawBufferPointer, isChecked: Bool) throws -> LogChunk {
        // Local copies: what the loop touches is not looked up, nor checked for exclusive access, record by record.
        let positions = positions
        var chosen = records
        records = []
        chosen.removeAll(keepingCapacity: true)
        let base = bytes.baseAddress!
        for record in RecordSequence(bytes) {
            let kind = record.kind
            let partition = record.partition
            if kind == .mark || (partition < positions.count && record.position < positions[partition]) { continue }
            let at = UnsafeRawPointer(record.header) - base
            if !isChecked, let defect = record.defect(partitions: positions.count) { throw corrupt(at, defect.reason) }
            if kind != .session {
                guard record.position == positions[partition] else {
                    throw corrupt(
                        at,
                        "position \(record.position) found in partition \(partition), "
                            + "\(positions[partition]) expected")
                }
                positions[partition] += 1
            }
            chosen.append(UInt32(truncatingIfNeeded: at))
        }
        records = chosen
        let beginsSegment = offset == segment.beginning
        offset = LogOffset(segment: offset.segment, byte: offset.byte + UInt32(bytes.count))
        return LogChunk(beginsSegment: beginsSegment, base: base, records: chosen)
    }

    private func corrupt(_ at: Int, _ reason: String) -> LogError {
        .corrupt(segment.file.path, at: Int(offset.byte) + at, reason)
    }

    private static func open(_ log: EventLog, _ number: UInt32, _ chunkBytes: Int) throws -> SegmentReader {
        try SegmentReader(
            log.folder.segmentPath(number), number: number, identity: log.identity, chunkBytes: chunkBytes)
    }
}

/// Records that a cursor has read, in the log's order. Valid until the cursor's next call. `public` to be inlined, as
/// `RecordView`.
public struct LogChunk {
    /// The chunk begins a segment: sessions that are not repeated in it, or opened later, are over and can be
    /// forgotten.
    public let beginsSegment: Bool
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let records: [UInt32]

    init(beginsSegment: Bool, base: UnsafeRawPointer, records: [UInt32]) {
        self.beginsSegment = beginsSegment
        self.base = base
        self.records = records
    }

    @inlinable @inline(__always)
    public var count: Int { records.count }

    @inlinable @inline(__always)
    public subscript(index: Int) -> RecordView { RecordView(at: base + Int(records[index])) }
}
