import CRecords
import Glibc

/// A record as its maker gives it: the log adds position, salt and checksum.
///
/// The parts are borrowed until `RecordBatch.append` returns, which copies them once. Set the members that many records
/// share once, and change the others from record to record.
package struct NewRecord {
    package var kind = RecordKind.event
    /// Of the actor (`LogIdentity.partition(ofActor:)`), or of the session where there is no actor. Ignored for kinds
    /// without a position.
    package var partition: UInt16 = 0
    /// The number of the session, from `EventLog.newSession()`; 0 for none.
    package var session: UInt32 = 0
    /// Microseconds since 1970 UTC.
    package var received: Int64 = 0
    /// What the client claims, in microseconds since 1970 UTC; nil: it claims nothing, and `received` stands for it.
    package var time: Int64?
    /// What the client claims is of the future, so `time` is something else.
    package var isTimeClamped = false
    /// `LECTERN_PRECISION_...` of `time`.
    package var precision: UInt8 = 0
    package var assertion = ActorAssertion.nobody
    /// The record after this one came in the same frame, a line that holds several events: after a crash, the log has
    /// all records of the frame or none.
    package var isContinued = false
    /// The client's number of this event, or the source's position.
    package var sequence: UInt64 = 0
    package var type = UnsafeRawBufferPointer(start: nil, count: 0)
    package var actor = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The id of the client or source that numbers its events; empty for none.
    package var client = UnsafeRawBufferPointer(start: nil, count: 0)
    /// A JSON object of what server and source set for this event; it wins over the payload.
    package var fields = UnsafeRawBufferPointer(start: nil, count: 0)
    package var payload = UnsafeRawBufferPointer(start: nil, count: 0)

    package init() {}
}

/// Why a record can't be stored: one of its parts is longer than the format can hold.
package struct RecordTooLong: Error, CustomStringConvertible {
    /// "type", "actor", "client" or "record".
    package let part: String
    package let length: Int
    package let limit: Int

    package var description: String { "the \(part) has \(length) bytes, \(limit) are the most that a record can hold" }
}

/// Records on their way to the log: one buffer, reused from batch to batch, into which each part is copied once.
///
/// Not thread-safe; one for each connection or source. `EventLog.append` copies the contents, so the batch can be
/// emptied and filled again at once.
package final class RecordBatch {
    /// The longest record in bytes, header included.
    package static let maximumRecordLength = 1 << 26
    /// Bytes that can be read after the last record's end.
    package static let padding = 64
    private static let initialCapacity = 1 << 14
    /// A buffer that one large batch has made larger than this is given back afterwards.
    private static let keptCapacity = 1 << 20

    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private var length = 0
    /// Records in the batch.
    package private(set) var count = 0

    package init() {
        capacity = Self.initialCapacity
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    /// The records, valid until the next change of the batch.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: length) }

    package var records: RecordSequence { RecordSequence(bytes) }

    package var isEmpty: Bool { count == 0 }

    package func removeAll() {
        length = 0
        count = 0
        if capacity > Self.keptCapacity { resize(to: Self.initialCapacity) }
    }

    /// Adds a record. After an error the batch is as it was.
    package func append(_ record: NewRecord) throws(RecordTooLong) {
        guard record.type.count <= UInt16.max, record.actor.count <= UInt16.max, record.client.count <= UInt16.max
        else {
            throw Self.tooLong(record)
        }
        let parts = record.type.count + record.actor.count + record.client.count + record.fields.count
        let size = MemoryLayout<lectern_record>.size + parts + record.payload.count
        let padded = (size + 7) & ~7
        guard padded <= Self.maximumRecordLength else {
            throw RecordTooLong(part: "record", length: padded, limit: Self.maximumRecordLength)
        }
        if capacity - length < padded + Self.padding { resize(to: max(2 * capacity, length + padded + Self.padding)) }

        var header = lectern_record()
        header.length = UInt32(truncatingIfNeeded: padded)
        header.partition =
            record.kind.hasPosition ? record.partition : UInt16(truncatingIfNeeded: LECTERN_EVERY_PARTITION)
        header.kind = record.kind.rawValue
        header.flags = record.time == nil ? 0 : UInt8(LECTERN_RECORD_TIME_CLAIMED)
        if record.isTimeClamped { header.flags |= UInt8(LECTERN_RECORD_TIME_CLAMPED) }
        if record.isContinued { header.flags |= UInt8(LECTERN_RECORD_CONTINUED) }
        header.session = record.session
        header.received = record.received
        header.time = record.time ?? record.received
        header.precision = record.precision
        header.asserted = record.assertion.rawValue
        header.type_length = UInt16(truncatingIfNeeded: record.type.count)
        header.actor_length = UInt16(truncatingIfNeeded: record.actor.count)
        header.client_length = UInt16(truncatingIfNeeded: record.client.count)
        header.sequence = record.sequence
        header.fields_length = UInt32(truncatingIfNeeded: record.fields.count)
        header.payload_length = UInt32(truncatingIfNeeded: record.payload.count)

        let at = start + length
        at.storeBytes(of: header, as: lectern_record.self)
        // The last word holds the padding; the parts then overwrite what is theirs of it.
        if padded > MemoryLayout<lectern_record>.size { (at + (padded - 8)).storeBytes(of: 0, as: UInt64.self) }
        var end = at + MemoryLayout<lectern_record>.size
        Self.copy(record.type, to: &end)
        Self.copy(record.actor, to: &end)
        Self.copy(record.client, to: &end)
        Self.copy(record.fields, to: &end)
        Self.copy(record.payload, to: &end)
        length += padded
        count += 1
    }

    @inline(__always)
    private static func copy(_ part: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer) {
        guard let source = part.baseAddress, part.count > 0 else { return }
        memcpy(end, source, part.count)
        end += part.count
    }

    private static func tooLong(_ record: NewRecord) -> RecordTooLong {
        let parts = [("type", record.type.count), ("actor", record.actor.count), ("client", record.client.count)]
        let (part, length) = parts.max { $0.1 < $1.1 } ?? ("record", 0)
        return RecordTooLong(part: part, length: length, limit: Int(UInt16.max))
    }

    private func resize(to newCapacity: Int) {
        let moved = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        memcpy(moved, start, length)
        start.deallocate()
        start = moved
        capacity = newCapacity
    }
}
