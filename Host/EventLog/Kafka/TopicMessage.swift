import CRecords
import Records

/// What the value of a message of the log's topic says. Little-endian:
///
///     format       1 byte, 1
///     kind         1 byte
///     ordinal      2 bytes: of records that came in one frame, which one this is, from 0
///     session      4 bytes: the length of the session record
///     acknowledged 8 bytes: the number up to which the record's client has been told that all its frames are durable
///     the session record, and then the record: as in a segment, but for what only the log's end knows
///
/// Each message can be read alone: it brings the session along that its record belongs to.
struct TopicMessage {
    enum Kind: UInt8 {
        case record = 1
        /// The clients whose numbers a partition has seen, and the last ones: see `ClientSequences`.
        case clients = 2
        /// What the log is: see `LogIdentity`.
        case identity = 3
    }

    static let format: UInt8 = 1
    static let headLength = 16

    let kind: Kind
    let ordinal: UInt16
    let acknowledged: UInt64
    let session: UnsafeRawBufferPointer
    let body: UnsafeRawBufferPointer

    /// Nil if this is no message of a log.
    init?(_ value: UnsafeRawBufferPointer) {
        guard value.count >= Self.headLength, value[0] == Self.format, let kind = Kind(rawValue: value[1]) else {
            return nil
        }
        self.kind = kind
        ordinal = UInt16(littleEndian: value.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        let length = Int(UInt32(littleEndian: value.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        acknowledged = UInt64(littleEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard length <= value.count - Self.headLength else { return nil }
        session = UnsafeRawBufferPointer(rebasing: value[Self.headLength..<Self.headLength + length])
        body = UnsafeRawBufferPointer(rebasing: value[(Self.headLength + length)...])
        if kind == .record, !Self.isRecord(body) || (length > 0 && !Self.isRecord(session)) { return nil }
    }

    private static func isRecord(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let size = MemoryLayout<lectern_record>.size
        guard bytes.count >= size else { return false }
        var header = bytes.loadUnaligned(as: lectern_record.self)
        return Int(header.length) == bytes.count && lectern_record_extent(&header) == UInt64(bytes.count)
            && RecordKind(rawValue: header.kind) != nil
    }

    /// Appends the head of a value.
    static func appendHead(
        _ kind: Kind, ordinal: UInt16 = 0, acknowledged: UInt64 = 0, session: Int = 0, to bytes: inout Bytes
    ) {
        bytes.append(byte: format)
        bytes.append(byte: kind.rawValue)
        withUnsafeBytes(of: ordinal.littleEndian) { bytes.append($0) }
        bytes.append(littleEndian: UInt32(session))
        withUnsafeBytes(of: acknowledged.littleEndian) { bytes.append($0) }
    }
}
