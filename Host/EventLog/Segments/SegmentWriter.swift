import CRecords
import Glibc
import Records

/// Writes records to the last segment, begins the next one when it is full, and publishes what is durable.
///
/// Used by the log's thread alone.
final class SegmentWriter {
    private let configuration: EventLogConfiguration
    private let identity: LogIdentity
    private let folder: LogFolder
    private let durable: DurableMark
    private let state: DurableState

    private var file: File
    private var number: UInt32
    /// Where the segment ends, and where its head does.
    private var offset: Int
    private var headLength: Int
    private let nextPositions: UnsafeMutableBufferPointer<UInt64>
    private var liveSessions = LiveSessions()
    private var salts = Salts()
    private var runs: [DurableState.ClientRun] = []

    init(
        _ configuration: EventLogConfiguration, _ identity: LogIdentity, _ folder: LogFolder, _ durable: DurableMark,
        _ state: DurableState, last: RecoveredSegment
    ) {
        self.configuration = configuration
        self.identity = identity
        self.folder = folder
        self.durable = durable
        self.state = state
        file = last.file
        number = last.header.number
        offset = last.end
        headLength = Int(last.header.headLength)
        nextPositions = .allocate(capacity: identity.partitions)
        _ = nextPositions.initialize(from: last.nextPositions)
        liveSessions.highest = last.highestSession
    }

    deinit { nextPositions.deallocate() }

    /// Gives the records positions, salts and checksums, and makes them durable.
    func append(_ records: UnsafeMutableRawBufferPointer) throws {
        var start = 0
        while start < records.count {
            let end = seal(records, from: start)
            if end == start {
                try beginSegment()
            } else {
                try write(UnsafeRawBufferPointer(rebasing: records[start..<end]))
                start = end
            }
        }
    }

    func closeSessions(_ numbers: [UInt32]) {
        for number in numbers { liveSessions.remove(number) }
    }

    /// Completes the records from `start` on, as many as the segment takes, at least one if it has none yet. Returns their end.
    private func seal(_ records: UnsafeMutableRawBufferPointer, from start: Int) -> Int {
        guard let base = records.baseAddress else { return start }
        runs.removeAll(keepingCapacity: true)
        var at = start
        while at < records.count {
            let header = (base + at).assumingMemoryBound(to: lectern_record.self)
            let record = RecordView(header)
            let length = Int(header.pointee.length)
            let isEmpty = at == start && offset == headLength
            if offset + (at - start) + length > configuration.segmentBytes && !isEmpty { break }

            header.pointee.position = 0
            if record.kind?.hasPosition == true {
                precondition(record.partition < nextPositions.count, "the log has no partition \(record.partition)")
                header.pointee.position = nextPositions[record.partition]
                nextPositions[record.partition] += 1
            }
            seal(header)
            if record.kind == .session { liveSessions.insert(record) }
            if header.pointee.client_length > 0 { note(record) }
            at += length
        }
        return at
    }

    @inline(__always)
    private func seal(_ header: UnsafeMutablePointer<lectern_record>) {
        salts.next(to: UnsafeMutableRawPointer(header) + MemoryLayout<lectern_record>.offset(of: \.salt)!)
        header.pointee.checksum = RecordView(header).computedChecksum
    }

    /// Adds the record to the last run if it is of the same client, so that clients are looked up once a run.
    @inline(__always)
    private func note(_ record: RecordView) {
        let client = record.client
        if let last = runs.indices.last, runs[last].client.count == client.count,
            memcmp(runs[last].client.baseAddress!, client.baseAddress!, client.count) == 0 {
            runs[last].sequence = max(runs[last].sequence, record.sequence)
            runs[last].received = max(runs[last].received, record.received)
        } else {
            runs.append(.init(client: client, sequence: record.sequence, received: record.received))
        }
    }

    private func write(_ records: UnsafeRawBufferPointer) throws {
        try checkLimit(adding: records.count)
        try file.write(records, at: offset)
        offset += records.count
        let end = LogOffset(segment: number, byte: UInt32(offset))
        if configuration.sync {
            try file.sync()
            try durable.store(end)
        }
        state.publish(end, nextPositions: nextPositions, runs: runs)
    }

    private func beginSegment() throws {
        // What lies before the last segment is always on the disk, also without `sync`: recovery relies on it.
        if !configuration.sync { try file.sync() }
        var head = Bytes()
        let headerLength = SegmentHeader.length(partitions: identity.partitions)
        [UInt8](repeating: 0, count: headerLength).withUnsafeBytes { head.append($0) }
        liveSessions.append(to: &head)
        try appendMarks(to: &head)
        sealRepeated(&head, from: headerLength)
        let header = SegmentHeader(
            log: identity.id, number: number + 1, previousLength: UInt64(offset), headLength: UInt64(head.count),
            highestSession: liveSessions.highest, created: LogIdentity.now(), basePositions: Array(nextPositions))
        let encoded = header.encoded
        for index in encoded.indices { head.raw.start[index] = encoded[index] }

        try checkLimit(adding: head.count)
        file = try File(folder.segmentPath(header.number), O_RDWR | O_CREAT | O_EXCL)
        number = header.number
        try file.write(head.contents, at: 0)
        offset = head.count
        headLength = head.count
        try folder.folder.syncEntries()
        state.begin(.init(number: number, basePositions: header.basePositions, length: offset))
    }

    private func appendMarks(to head: inout Bytes) throws {
        let batch = RecordBatch()
        try state.forEachMark(limit: configuration.clients) { mark in
            try mark.client.withUnsafeBytes { client in
                var record = NewRecord()
                record.kind = .mark
                record.client = client
                record.sequence = mark.sequence
                record.received = mark.received
                try batch.append(record)
            }
        }
        head.append(batch.bytes)
    }

    private func sealRepeated(_ head: inout Bytes, from start: Int) {
        guard let base = head.raw.start.map({ UnsafeMutableRawPointer($0) }) else { return }
        for record in RecordSequence(UnsafeRawBufferPointer(start: base + start, count: head.count - start)) {
            let header = UnsafeMutablePointer(mutating: record.header)
            header.pointee.flags |= UInt8(LECTERN_RECORD_REPEATED)
            seal(header)
        }
    }

    private func checkLimit(adding count: Int) throws {
        guard let limit = configuration.limitBytes else { return }
        let bytes = state.bytes
        guard bytes + count > limit else { return }
        throw LogError(
            .full, "\(folder.path): the log has \(bytes) bytes and may have \(limit); delete old segments or raise log.limit")
    }
}
