import CKafka
import CRecords
import Glibc
import Records

/// Makes records again of the messages of a log's topic.
///
/// Each offset of a partition is a position of the log. Where there is no record to fold, because it came before, because
/// its student was erased, or because the message says something else, a tombstone stands. Not thread-safe.
struct TopicDecoder {
    private(set) var sequences: [ClientSequences]
    private let topic: LogTopic
    private let identity: LogIdentity
    private let opener: MessageOpener?
    private var sessions: [UInt32: [UInt8]] = [:]

    init(_ topic: LogTopic, _ identity: LogIdentity) {
        self.topic = topic
        self.identity = identity
        opener = topic.keys.map { MessageOpener($0, identity) }
        sequences = Array(repeating: ClientSequences(), count: identity.partitions)
    }

    /// Begins with a partition at a place, with what it had seen of clients there.
    mutating func begin(_ partition: Int, with sequences: ClientSequences) { self.sequences[partition] = sequences }

    /// Session records come again, each before the next record that belongs to it.
    mutating func forgetSessions() { sessions.removeAll(keepingCapacity: true) }

    /// Finds the keys of messages that came together, before any of them is added.
    ///
    /// - Returns: why that can't be done now; nil: it is done.
    func findKeys(of messages: some Sequence<lectern_kafka_message>) throws -> String? {
        try opener?.findKeys(of: messages)
    }

    /// A record that was made.
    struct Decoded {
        let record: RecordView
        /// Up to where its client was told that all is durable.
        let acknowledged: UInt64
    }

    /// Passes over a message: what was seen of clients is noted.
    mutating func pass(_ message: lectern_kafka_message) {
        let place = Place(message)
        prune(at: place)
        guard let read = read(message) else { return }
        switch read.kind {
        case .record: read.body.withAlignedRecord { note($0, read.ordinal, place) }
        case .sealed: if let sealed = SealedMessage(read) { note(sealed, place) }
        case .identity, .clients: break
        }
    }

    /// Adds the record of a message to the others, with its session before it if nobody could know that yet.
    ///
    /// - Throws: a `LogError` if a message can't be opened.
    mutating func add(_ message: lectern_kafka_message, to target: some RecordTarget) throws -> Decoded {
        let place = Place(message)
        prune(at: place)
        guard let read = read(message) else { return tombstone(place, in: target) }
        switch read.kind {
        case .record:
            guard let opener, read.body.withAlignedRecord(opener.isErased) else { return add(read, place, to: target) }
            read.body.withAlignedRecord { note($0, read.ordinal, place) }
        case .sealed:
            guard let opener, let sealed = SealedMessage(read) else { throw wrong(place) }
            switch opener.open(sealed, partition: place.partition) {
            case .message(let opened): return add(opened, place, to: target)
            case .erased: note(sealed, place)
            case .wrong: throw wrong(place)
            }
        case .identity, .clients: break
        }
        return tombstone(place, in: target)
    }

    /// - Parameter read: a record.
    private mutating func add(_ read: TopicMessage, _ place: Place, to target: some RecordTarget) -> Decoded {
        let session = read.body.loadUnaligned(
            fromByteOffset: MemoryLayout<lectern_record>.offset(of: \.session)!, as: UInt32.self)
        if session != 0 { add(session, read.session, to: target) }
        let start = target.extend(by: read.body.count)
        start.copyMemory(from: read.body.baseAddress!, byteCount: read.body.count)
        let header = start.assumingMemoryBound(to: lectern_record.self)
        header.pointee.partition = UInt16(place.partition)
        header.pointee.position = place.position
        let record = RecordView(header)
        if !note(record, read.ordinal, place) { header.pointee.kind = RecordKind.tombstone.rawValue }
        return Decoded(record: record, acknowledged: read.acknowledged)
    }

    private struct Place {
        let partition: Int
        let position: UInt64
        /// Microseconds since 1970 UTC, as the message says.
        let time: Int64

        init(_ message: lectern_kafka_message) {
            partition = Int(message.partition)
            position = UInt64(message.offset)
            time = max(0, message.time) &* 1000
        }
    }

    private func read(_ message: lectern_kafka_message) -> TopicMessage? {
        TopicMessage(UnsafeRawBufferPointer(start: message.value, count: message.length))
    }

    // MARK: Clients

    /// As every reader does where the topic says what a partition has seen of clients.
    mutating func prune(_ partition: Int) { sequences[partition].prune() }

    private mutating func prune(at place: Place) {
        if place.position % ClientSequences.interval == 0 { prune(place.partition) }
    }

    /// Notes a client's number. Returns whether it is new.
    @discardableResult
    private mutating func note(_ record: RecordView, _ ordinal: UInt16, _ place: Place) -> Bool {
        if record.client.isEmpty { return true }
        return sequences[place.partition].isNew(
            client: identity.mark(ofClient: record.client), sequence: record.sequence, ordinal: ordinal,
            position: place.position)
    }

    /// Notes the number of a record that nobody can open.
    private mutating func note(_ sealed: SealedMessage, _ place: Place) {
        guard sealed.client != 0 else { return }
        _ = sequences[place.partition].isNew(
            client: sealed.client, sequence: sealed.sequence, ordinal: sealed.message.ordinal, position: place.position)
    }

    // MARK: Records

    private mutating func add(_ number: UInt32, _ record: UnsafeRawBufferPointer, to target: some RecordTarget) {
        guard !record.isEmpty else { return }
        if let known = sessions[number], known.count == record.count,
            known.withUnsafeBytes({ memcmp($0.baseAddress!, record.baseAddress!, record.count) == 0 })
        {
            return
        }
        sessions[number] = Array(record)
        target.extend(by: record.count).copyMemory(from: record.baseAddress!, byteCount: record.count)
    }

    private func tombstone(_ place: Place, in target: some RecordTarget) -> Decoded {
        let size = MemoryLayout<lectern_record>.size
        let start = target.extend(by: size)
        var header = lectern_record()
        header.length = UInt32(size)
        header.kind = RecordKind.tombstone.rawValue
        header.partition = UInt16(place.partition)
        header.position = place.position
        header.received = place.time
        header.time = place.time
        start.storeBytes(of: header, as: lectern_record.self)
        return Decoded(record: RecordView(at: start), acknowledged: 0)
    }

    private func wrong(_ place: Place) -> LogError {
        let message = "\(topic.configuration.name): partition \(place.partition), offset \(place.position): "
        guard opener != nil else {
            return LogError(
                .settings,
                message
                    + "a sealed event found, and no log.kafka.sealing: name the store that has the students' keys, as the "
                    + "hosts' settings do")
        }
        return LogError(
            .keys,
            message
                + "the student's key does not open it: these are other bytes than were sealed, or another key is stored; "
                + "restore the store of log.kafka.sealing.keys from a copy")
    }
}

extension UnsafeRawBufferPointer {
    /// Calls with the record that these bytes are, where its header can be read.
    @discardableResult
    func withAlignedRecord<Result>(_ body: (RecordView) -> Result) -> Result {
        if Int(bitPattern: baseAddress) % 8 == 0 { return body(RecordView(at: baseAddress!)) }
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { copy in
            copy.copyMemory(from: self)
            return body(RecordView(at: copy.baseAddress!))
        }
    }
}
