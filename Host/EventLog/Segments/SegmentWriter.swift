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

    private var segment: SegmentFile
    private var headLength: Int
    private let nextPositions: UnsafeMutableBufferPointer<UInt64>
    private var liveSessions = LiveSessions()
    private var salts = Salts()
    private var runs: [DurableState.ClientRun] = []

    init(
        _ configuration: EventLogConfiguration, _ identity: LogIdentity, _ folder: LogFolder, _ durable: DurableMark,
        _ state: DurableState, last: RecoveredSegment
    ) throws {
        self.configuration = configuration
        self.identity = identity
        self.folder = folder
        self.durable = durable
        self.state = state
        segment = try SegmentFile(
            last.file, number: last.header.number, end: last.end, direct: configuration.writesDirectly, state: state)
        headLength = Int(last.header.headLength)
        nextPositions = .allocate(capacity: identity.partitions)
        _ = nextPositions.initialize(from: last.nextPositions)
        liveSessions.highest = last.highestSession
    }

    deinit { nextPositions.deallocate() }

    /// Makes records durable, after giving them positions, salts and checksums.
    func append(_ records: UnsafeRawBufferPointer) throws {
        guard !records.isEmpty else { return }
        try checkLimit(adding: records.count)
        for record in RecordSequence(records) {
            let length = record.bytes.count
            if segment.end + length > configuration.segmentBytes, segment.end > headLength {
                try publish()
                try beginSegment()
            }
            let target = try segment.extend(by: length)
            memcpy(target, record.header, length)
            complete(target.assumingMemoryBound(to: lectern_record.self))
            if record.header.pointee.client_length > 0 { note(record) }
        }
        try publish()
    }

    /// Ends the file behind the last record.
    func close() throws { try segment.finish() }

    func closeSessions(_ numbers: [UInt32]) {
        for number in numbers { liveSessions.remove(number) }
    }

    @inline(__always)
    private func complete(_ header: UnsafeMutablePointer<lectern_record>) {
        let record = RecordView(header)
        if record.kind?.hasPosition == true {
            precondition(record.partition < nextPositions.count, "the log has no partition \(record.partition)")
            header.pointee.position = nextPositions[record.partition]
            nextPositions[record.partition] += 1
        }
        seal(header)
        if record.kind == .session { liveSessions.insert(record) }
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

    private func publish() throws {
        try segment.write()
        let end = LogOffset(segment: segment.number, byte: UInt32(segment.end))
        if configuration.sync {
            try segment.sync()
            try durable.store(end)
        }
        state.publish(end, nextPositions: nextPositions, runs: runs)
        runs.removeAll(keepingCapacity: true)
    }

    private func beginSegment() throws {
        // What lies before the last segment is always on the disk, also without `sync`: recovery relies on it.
        try segment.finish()
        var head = Bytes()
        let headerLength = SegmentHeader.length(partitions: identity.partitions)
        [UInt8](repeating: 0, count: headerLength).withUnsafeBytes { head.append($0) }
        liveSessions.append(to: &head)
        try appendMarks(to: &head)
        sealRepeated(&head, from: headerLength)
        let header = SegmentHeader(
            log: identity.id, number: segment.number + 1, previousLength: UInt64(segment.end),
            headLength: UInt64(head.count), highestSession: liveSessions.highest, created: LogIdentity.now(),
            basePositions: Array(nextPositions))
        let encoded = header.encoded
        for index in encoded.indices { head.raw.start[index] = encoded[index] }

        try checkLimit(adding: head.count)
        segment = try SegmentFile(
            folder.segmentPath(header.number), number: header.number, head: head.contents,
            direct: configuration.writesDirectly, state: state)
        headLength = head.count
        try folder.folder.syncAll()
        state.begin(.init(number: header.number, basePositions: header.basePositions, length: head.count))
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
