import CRecords
import Glibc
import Records

/// Writes records to the last segment, begins the next one when it is full, and publishes what is durable.
///
/// Used by the log's thread alone.
final class SegmentWriter: RecordWriter {
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
    func append(_ records: UnsafeRawBufferPointer) throws -> [DeadLetter] {
        guard !records.isEmpty else { return [] }
        try checkLimit(adding: records.count)
        var rest = records
        // The records of one frame stay in one segment, so that recovery can see whether all are there.
        var isContinued = false
        while let start = rest.baseAddress, !rest.isEmpty {
            let first = RecordView(at: start).bytes.count
            if segment.end + first > configuration.segmentBytes, segment.end > headLength, !isContinued {
                try publish()
                try beginSegment()
                continue
            }
            let room = min(try segment.room(forRecord: first), max(first, configuration.segmentBytes - segment.end))
            let run = run(of: rest, upTo: room)
            let target = segment.extend(by: run.bytes)
            memcpy(target, start, run.bytes)
            complete(target, run.bytes, run.count)
            isContinued = run.isContinued
            rest = UnsafeRawBufferPointer(rebasing: rest[run.bytes...])
        }
        try publish()
        return []
    }

    /// Ends the file behind the last record.
    func close() throws { try segment.finish() }

    func closeSessions(_ numbers: [UInt32]) {
        guard !numbers.isEmpty else { return }
        for number in numbers { liveSessions.remove(number) }
        state.end(sessions: numbers)
    }

    /// How many of the first records have room, as far as salts reach; notes the clients that number them.
    private func run(of records: UnsafeRawBufferPointer, upTo room: Int) -> (bytes: Int, count: Int, isContinued: Bool)
    {
        var bytes = 0
        var isContinued = false
        var count = 0
        var last = DurableState.ClientRun(client: .init(start: nil, count: 0), sequence: 0, received: 0)
        for record in RecordSequence(records) {
            let length = record.bytes.count
            if bytes + length > room || count == Salts.capacity { break }
            bytes += length
            count += 1
            isContinued = record.isContinued
            let client = record.client
            guard !client.isEmpty else { continue }
            if client.count == last.client.count,
                memcmp(client.baseAddress!, last.client.baseAddress!, client.count) == 0
            {
                last.sequence = max(last.sequence, record.sequence)
                last.received = max(last.received, record.received)
            } else {
                if !last.client.isEmpty { runs.append(last) }
                last = .init(client: client, sequence: record.sequence, received: record.received)
            }
        }
        if !last.client.isEmpty { runs.append(last) }
        return (bytes, count, isContinued)
    }

    /// Gives records where they lie what the log gives them.
    private func complete(_ start: UnsafeMutableRawPointer, _ bytes: Int, _ count: Int) {
        let next = nextPositions
        var salt = salts.take(count)
        for record in RecordSequence(UnsafeRawBufferPointer(start: start, count: bytes)) {
            let header = UnsafeMutablePointer(mutating: record.header)
            if record.kind?.hasPosition == true {
                precondition(record.partition < next.count, "the log has no partition \(record.partition)")
                header.pointee.position = next[record.partition]
                next[record.partition] += 1
            }
            Self.seal(header, salt.pointee)
            salt += 1
            if record.kind == .session {
                liveSessions.insert(record)
                state.begin(session: record.session)
            }
        }
    }

    @inline(__always)
    private static func seal(_ header: UnsafeMutablePointer<lectern_record>, _ salt: Salts.Salt) {
        let offset = MemoryLayout<lectern_record>.offset(of: \.salt)!
        (UnsafeMutableRawPointer(header) + offset).storeBytes(of: salt, as: Salts.Salt.self)
        header.pointee.checksum = lectern_record_checksum(header)
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
            headLength: UInt64(head.count), highestSession: liveSessions.highest, created: WallClock.microseconds,
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
            Self.seal(header, salts.take(1).pointee)
        }
    }

    private func checkLimit(adding count: Int) throws {
        guard let limit = configuration.limitBytes else { return }
        let bytes = state.bytes
        guard bytes + count > limit else { return }
        throw LogError(
            .full,
            "\(folder.path): the log has \(bytes) bytes and may have \(limit); delete old segments or raise log.limit")
    }
}
