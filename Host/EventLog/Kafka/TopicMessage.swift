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
/// Each message can be read alone: it brings the session along that its record belongs to. Of a sealed one, what stands
/// behind the head is explained by `SealedMessage`.
struct TopicMessage {
    enum Kind: UInt8 {
        case record = 1
        /// What the log is: see `LogIdentity`.
        case identity = 3
        /// A record that only its student's key opens.
        case sealed = 4
        /// The clients whose numbers a partition has seen, and the last ones: see `ClientSequences`. 2 was the kind of
        /// those that named clients by their ids, which nobody reads any more.
        case clients = 5
    }

    static let format: UInt8 = 1
    static let headLength = 16

    let kind: Kind
    let ordinal: UInt16
    let acknowledged: UInt64
    let sessionLength: Int
    /// Of a record.
    let session: UnsafeRawBufferPointer
    /// Without the session; of a sealed message all behind the head.
    let body: UnsafeRawBufferPointer

    /// Nil if this is no message of a log.
    init?(_ value: UnsafeRawBufferPointer) {
        guard value.count >= Self.headLength, value[0] == Self.format, let kind = Kind(rawValue: value[1]) else {
            return nil
        }
        let rest = UnsafeRawBufferPointer(rebasing: value[Self.headLength...])
        self.init(
            kind, ordinal: UInt16(littleEndian: value.loadUnaligned(fromByteOffset: 2, as: UInt16.self)),
            acknowledged: UInt64(littleEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            sessionLength: Int(UInt32(littleEndian: value.loadUnaligned(fromByteOffset: 4, as: UInt32.self))), rest)
    }

    /// What a sealed message turns out to be. Nil if that is no record.
    init?(opened bytes: UnsafeRawBufferPointer, of message: TopicMessage) {
        self.init(
            .record, ordinal: message.ordinal, acknowledged: message.acknowledged, sessionLength: message.sessionLength,
            bytes)
    }

    private init?(
        _ kind: Kind, ordinal: UInt16, acknowledged: UInt64, sessionLength: Int, _ rest: UnsafeRawBufferPointer
    ) {
        guard sessionLength <= rest.count else { return nil }
        self.kind = kind
        self.ordinal = ordinal
        self.acknowledged = acknowledged
        self.sessionLength = sessionLength
        let length = kind == .sealed ? 0 : sessionLength
        session = UnsafeRawBufferPointer(rebasing: rest[..<length])
        body = UnsafeRawBufferPointer(rebasing: rest[length...])
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
