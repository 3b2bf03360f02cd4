import Glibc
package import Records

/// The folder of a log, for reading alone: also while a host has the log open, and without changing anything.
///
///     let log = try LogDirectory("data/log")
///     try log.read { record, offset in
///         …
///         return true                          // false: enough
///     }
///
/// What throws, throws a `LogError`.
package struct LogDirectory: StoredLog {
    package let identity: LogIdentity
    /// The topic that the log is, in words: then the folder has no records. Nil: it is in the folder.
    package let topic: String?
    let folder: LogFolder

    /// One segment, as its header describes it.
    package struct Segment: Sendable, Equatable {
        package let number: UInt32
        package let path: String
        /// The length of its file.
        package let bytes: Int
        /// Microseconds since 1970 UTC.
        package let created: Int64
        /// For each partition the position of its first record in this segment or after it.
        package let basePositions: [UInt64]
    }

    /// Where a log ends.
    package struct End: Sendable, Equatable {
        package let offset: LogOffset
        /// For each partition the position of its next record.
        package let nextPositions: [UInt64]
        /// Why the last records of the file can't be read: a host is just writing them, or a crash has torn them. Nil
        /// if there are none.
        package let torn: String?
    }

    package var path: String { folder.path }

    package init(_ path: String) throws {
        folder = try LogFolder(path, create: false)
        guard let stored = try LogIdentity.load(folder) else {
            throw LogError(.corrupt, "\(folder.identityPath): missing, so this is no folder of a log")
        }
        identity = stored
        topic = try LogIdentity.topic(folder)
    }

    /// The segments, in order.
    package func segments() throws -> [Segment] {
        try folder.segmentNumbers().map { number in
            let path = folder.segmentPath(number)
            let reader = try SegmentReader(path, number: number, identity: identity, chunkBytes: 0)
            return Segment(
                number: number, path: path, bytes: try reader.file.size(), created: reader.header.created,
                basePositions: reader.header.basePositions)
        }
    }

    /// Reads the last segment to find the log's end; nil if there is no segment.
    package func end() throws -> End? {
        guard let number = try folder.segmentNumbers().last else { return nil }
        let reader = try SegmentReader(folder.segmentPath(number), number: number, identity: identity, chunkBytes: 0)
        let last = try RecoveredSegment(reader.file, reader.header, identity: identity)
        return End(
            offset: LogOffset(segment: number, byte: UInt32(last.end)), nextPositions: last.nextPositions,
            torn: last.defect?.reason)
    }

    /// Gives every record, of all kinds and with the repeated ones, to `body`, in order and with the place where it
    /// begins, until `body` returns false. The records are borrowed for the call.
    /// - Parameter segment: the first segment to read; nil: the first that is kept.
    /// - Throws: `corrupt` with the place, if a record is not what was written; what `body` throws.
    package func read(from segment: UInt32? = nil, _ body: (RecordView, LogOffset) throws -> Bool) throws {
        try read(at: segment.map { LogOffset(segment: $0, byte: 0) }, body)
    }

    /// As above.
    /// - Parameter start: where the first record to read begins; in a segment that was deleted: the first that is kept.
    package func read(at start: LogOffset?, _ body: (RecordView, LogOffset) throws -> Bool) throws {
        let numbers = try folder.segmentNumbers().filter { $0 >= start?.segment ?? 0 }
        for number in numbers {
            let reader = try SegmentReader(
                folder.segmentPath(number), number: number, identity: identity, chunkBytes: 1 << 20)
            if let start, start.segment == number { reader.seek(to: max(Int(start.byte), reader.offset)) }
            do {
                guard try read(reader, body) else { return }
            } catch let defect as PlacedDefect {
                // The last records may be torn, or just being written; before them nothing may be missing.
                if number == numbers.last && defect.isTorn { return }
                throw LogError.corrupt(reader.file.path, at: defect.offset, defect.reason)
            }
        }
    }

    package func isTruncated() throws -> Bool {
        guard let number = try folder.segmentNumbers().first else { return false }
        let reader = try SegmentReader(folder.segmentPath(number), number: number, identity: identity, chunkBytes: 0)
        return reader.header.basePositions.contains { $0 > 0 }
    }

    /// In bytes.
    package func size() throws -> Int { try segments().reduce(0) { $0 + $1.bytes } }

    package func weight(of record: RecordView) -> Int { record.bytes.count }

    package func readChunks(_ body: (LogChunk) throws -> Void) throws {
        let numbers = try folder.segmentNumbers()
        for number in numbers {
            let reader = try SegmentReader(
                folder.segmentPath(number), number: number, identity: identity, chunkBytes: 1 << 20)
            let size = try reader.file.size()
            var isFirst = true
            while true {
                var offset = reader.offset
                var torn = false
                var chosen: [UInt32] = []
                let records: UnsafeRawBufferPointer
                do {
                    records = try reader.next(through: size)
                } catch let defect as Defect where defect.isTorn && number == numbers.last {
                    break
                } catch let defect as Defect {
                    throw LogError.corrupt(reader.file.path, at: offset, defect.reason)
                }
                guard let base = records.baseAddress, !records.isEmpty else { break }
                for record in RecordSequence(records) {
                    if let defect = record.defect(partitions: identity.partitions) {
                        guard defect.isTorn, number == numbers.last else {
                            throw LogError.corrupt(reader.file.path, at: offset, defect.reason)
                        }
                        torn = true
                        break
                    }
                    offset += record.bytes.count
                    if record.kind == .mark { continue }
                    chosen.append(UInt32(truncatingIfNeeded: UnsafeRawPointer(record.header) - base))
                }
                try body(LogChunk(beginsSegment: isFirst, base: base, records: chosen))
                isFirst = false
                if torn { return }
            }
        }
    }

    /// The stored dead letters.
    package func deadLetters() throws -> DeadLetters {
        let found = try DeadLetterFolder(folder.deadLettersPath)
        return DeadLetters(files: found.files, totals: found.totals)
    }

    private struct PlacedDefect: Error {
        let offset: Int
        let reason: String
        let isTorn: Bool
    }

    private func read(_ reader: SegmentReader, _ body: (RecordView, LogOffset) throws -> Bool) throws -> Bool {
        let size = try reader.file.size()
        while true {
            var offset = reader.offset
            do {
                let records = try reader.next(through: size)
                if records.isEmpty { return true }
                for record in RecordSequence(records) {
                    if let defect = record.defect(partitions: identity.partitions) { throw defect }
                    let place = LogOffset(segment: reader.header.number, byte: UInt32(offset))
                    guard try body(record, place) else { return false }
                    offset += record.bytes.count
                }
            } catch let defect as Defect {
                throw PlacedDefect(offset: offset, reason: defect.reason, isTorn: defect.isTorn)
            }
        }
    }
}
