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
    /// Kept open while it is read.
    private let log: EventLog
    private let reader: any RecordSource
    /// For each partition the position to give next; `.max` for partitions that are not this cursor's.
    private let positions: UnsafeMutableBufferPointer<UInt64>
    private var records: [UInt32] = []
    /// Events and other records with a position that it has given.
    package private(set) var given: UInt64 = 0

    /// - Parameters:
    ///   - positions: for each partition the position to begin at; nil: not this cursor's partition.
    ///   - chunkBytes: how much is read at once; a longer record is read whole.
    /// - Throws: `outOfRange` if a position lies before the first kept record or beyond the durable end.
    package init(_ log: EventLog, from positions: [UInt64?], chunkBytes: Int = 256 << 10) throws {
        precondition(positions.count == log.identity.partitions, "one position for each partition of the log")
        let first = log.firstPositions
        let next = log.nextPositions
        for (partition, position) in positions.enumerated() {
            guard let position else { continue }
            guard position < first[partition] || position > next[partition] else { continue }
            throw LogError(
                .outOfRange,
                "\(log.place): position \(position) of partition \(partition) was asked for, the log has "
                    + "\(first[partition]) up to \(next[partition])")
        }
        self.log = log
        self.positions = .allocate(capacity: positions.count)
        _ = self.positions.initialize(from: positions.map { $0 ?? .max })
        do {
            reader = try log.source(from: self.positions, chunkBytes: chunkBytes)
        } catch {
            self.positions.deallocate()
            throw error
        }
    }

    deinit { positions.deallocate() }

    /// Where the next chunk begins.
    package var offset: LogOffset { reader.offset }

    /// The next records up to `end`, which must not lie beyond the durable end. Nil: there are none. A chunk may be
    /// empty.
    /// - Throws: `corrupt` with the place, if a record is not what was written; `outOfRange` if its segment was
    ///   deleted.
    package func next(through end: LogOffset) throws -> LogChunk? {
        guard let chunk = try reader.next(through: end) else { return nil }
        return try choose(chunk)
    }

    /// Chooses the records that are this cursor's.
    private func choose(_ chunk: RecordChunk) throws -> LogChunk {
        // Local copies: what the loop touches is not looked up, nor checked for exclusive access, record by record.
        let positions = positions
        var chosen = records
        records = []
        chosen.removeAll(keepingCapacity: true)
        var sessions = 0
        let base = chunk.bytes.baseAddress!
        let isChecked = chunk.isChecked
        for record in RecordSequence(chunk.bytes) {
            let kind = record.kind
            let partition = record.partition
            if kind == .mark || (partition < positions.count && record.position < positions[partition]) { continue }
            let at = UnsafeRawPointer(record.header) - base
            if !isChecked, let defect = record.defect(partitions: positions.count) {
                throw reader.corrupt(chunk, at: at, defect.reason)
            }
            if kind == .session {
                sessions += 1
            } else {
                guard record.position == positions[partition] else {
                    throw reader.corrupt(
                        chunk, at: at,
                        "position \(record.position) found in partition \(partition), "
                            + "\(positions[partition]) expected")
                }
                positions[partition] += 1
            }
            chosen.append(UInt32(truncatingIfNeeded: at))
        }
        records = chosen
        given += UInt64(chosen.count - sessions)
        return LogChunk(beginsSegment: chunk.beginsSegment, base: base, records: chosen)
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
