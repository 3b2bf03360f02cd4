import Records

/// The last segment as it was left, up to the last record that is whole.
struct RecoveredSegment {
    let file: File
    let header: SegmentHeader
    /// Where the whole records end.
    let end: Int
    /// Why they end there although more than zeros follows, or nil.
    let defect: Defect?
    let nextPositions: [UInt64]
    let highestSession: UInt32
    let marks: ClientMarks

    /// Reads the segment to the end of its whole records.
    init(_ file: File, _ header: SegmentHeader, identity: LogIdentity) throws {
        let size = try file.size()
        let reader = SegmentReader(file, header, chunkBytes: 1 << 20)
        var end = reader.offset
        var next = header.basePositions
        var session = header.highestSession
        var marks = ClientMarks(key: identity.sipHashKey)
        var defect: Defect?
        // Where the frame began of which not all records have been read.
        var frame: (end: Int, next: [UInt64])?
        do {
            while case let records = try reader.next(through: size), !records.isEmpty {
                for record in RecordSequence(records) {
                    if let defect = record.defect(partitions: identity.partitions) { throw defect }
                    if record.isContinued && frame == nil { frame = (end, next) }
                    if record.kind?.hasPosition == true {
                        guard record.position == next[record.partition] else {
                            throw Defect(
                                "position \(record.position) found in partition \(record.partition), "
                                    + "\(next[record.partition]) expected", isTorn: false)
                        }
                        next[record.partition] += 1
                    }
                    if record.kind == .session { session = max(session, record.session) }
                    if !record.isContinued { frame = nil }
                    if !record.client.isEmpty && frame == nil {
                        marks.note(record.client, sequence: record.sequence, received: record.received)
                    }
                    end += record.bytes.count
                }
            }
        } catch let found as Defect {
            defect = found
        }
        if let frame {
            (end, next) = frame
            defect = defect ?? Defect("the records of one frame are not all there")
        }
        // A direct write fills its last page up with zeros: they are no torn record.
        if defect != nil, try Self.isZero(file, from: end, to: size) { defect = nil }
        self.file = file
        self.header = header
        self.end = end
        self.defect = defect
        nextPositions = next
        highestSession = session
        self.marks = marks
    }

    static func isZero(_ file: File, from start: Int, to end: Int) throws -> Bool {
        var offset = start
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while offset < end {
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
            guard count > 0, bytes[..<min(count, end - offset)].allSatisfy({ $0 == 0 }) else { return false }
            offset += count
        }
        return true
    }
}
