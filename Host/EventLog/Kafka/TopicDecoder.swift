import CKafka
import CRecords
import Glibc
import Records

/// Makes records again of the messages of a log's topic.
///
/// Each offset of a partition is a position of the log. Where there is no record to fold, because it came before, or because
/// the message says something else, a tombstone stands. Not thread-safe.
struct TopicDecoder {
    private(set) var sequences: [ClientSequences]
    private var sessions: [UInt32: [UInt8]] = [:]

    init(_ identity: LogIdentity) {
        sequences = Array(repeating: ClientSequences(key: identity.sipHashKey), count: identity.partitions)
    }

    /// Begins with a partition at a place, with what it had seen of clients there.
    mutating func begin(_ partition: Int, with sequences: ClientSequences) { self.sequences[partition] = sequences }

    /// Session records come again, each before the next record that belongs to it.
    mutating func forgetSessions() { sessions.removeAll(keepingCapacity: true) }

    /// A record that was made.
    struct Decoded {
        let record: RecordView
        /// Up to where its client was told that all is durable.
        let acknowledged: UInt64
    }

    /// Passes over a message: what was seen of clients is noted.
    mutating func pass(_ message: lectern_kafka_message) {
        let partition = Int(message.partition)
        prune(partition, at: UInt64(message.offset))
        guard let read = read(message), read.kind == .record else { return }
        read.body.withAlignedRecord { record in
            _ = sequences[partition].isNew(record, ordinal: read.ordinal, position: UInt64(message.offset))
        }
    }

    /// Adds the record of a message to the others, with its session before it if nobody could know that yet.
    mutating func add(_ message: lectern_kafka_message, to target: some RecordTarget) -> Decoded {
        let partition = Int(message.partition)
        let position = UInt64(message.offset)
        prune(partition, at: position)
        guard let read = read(message), read.kind == .record else {
            return Decoded(
                record: tombstone(partition, position, time: max(0, message.time) &* 1000, in: target), acknowledged: 0)
        }
        let session = read.body.loadUnaligned(
            fromByteOffset: MemoryLayout<lectern_record>.offset(of: \.session)!, as: UInt32.self)
        if session != 0 { add(session, read.session, to: target) }
        let start = target.extend(by: read.body.count)
        start.copyMemory(from: read.body.baseAddress!, byteCount: read.body.count)
        let header = start.assumingMemoryBound(to: lectern_record.self)
        header.pointee.partition = UInt16(partition)
        header.pointee.position = position
        let record = RecordView(header)
        if !sequences[partition].isNew(record, ordinal: read.ordinal, position: position) {
            header.pointee.kind = RecordKind.tombstone.rawValue
        }
        return Decoded(record: record, acknowledged: read.acknowledged)
    }

    private func read(_ message: lectern_kafka_message) -> TopicMessage? {
        TopicMessage(UnsafeRawBufferPointer(start: message.value, count: message.length))
    }

    /// As every reader does where the topic says what a partition has seen of clients.
    mutating func prune(_ partition: Int) { sequences[partition].prune() }

    private mutating func prune(_ partition: Int, at position: UInt64) {
        if position % ClientSequences.interval == 0 { prune(partition) }
    }

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

    private func tombstone(
        _ partition: Int, _ position: UInt64, time: Int64, in target: some RecordTarget
    ) -> RecordView {
        let size = MemoryLayout<lectern_record>.size
        let start = target.extend(by: size)
        var header = lectern_record()
        header.length = UInt32(size)
        header.kind = RecordKind.tombstone.rawValue
        header.partition = UInt16(partition)
        header.position = position
        header.received = time
        header.time = time
        start.storeBytes(of: header, as: lectern_record.self)
        return RecordView(at: start)
    }
}

extension UnsafeRawBufferPointer {
    /// Calls with the record that these bytes are, where its header can be read.
    fileprivate func withAlignedRecord(_ body: (RecordView) -> Void) {
        if Int(bitPattern: baseAddress) % 8 == 0 { return body(RecordView(at: baseAddress!)) }
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { copy in
            copy.copyMemory(from: self)
            body(RecordView(at: copy.baseAddress!))
        }
    }
}
