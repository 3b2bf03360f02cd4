import CPluginAPI
import EventLog
import Glibc
package import Records

/// Writes the events of a log as lines of JSON, each of which stands for itself: `ExportSource` reads them back, and a fold of
/// them is that of the log.
///
///     {"type":…,"actor":…,"time":…,"claimed":true,"precision":"second","received":…,
///      "session":17,"partition":3,"position":42,"fields":{…},"payload":{…}}
///
/// `payload` is the event as it arrived (line feeds are spaces), `fields` what its session, its source and the host set, which
/// wins over it. Not thread-safe.
package final class ExportedEvents {
    /// What each session sets: the members of an object, without its braces.
    private var sessions: [UInt32: [UInt8]] = [:]
    private let extractor = FieldExtractor()

    package init() { _ = extractor.add("locked") }

    /// Takes note of a session's record. To be called for each that comes, in the log's order.
    package func note(session record: RecordView) {
        let whole = Array(record.payload) + [UInt8](repeating: 0, count: FieldExtractor.padding)
        var members: [UInt8] = []
        whole.withUnsafeBytes { whole in
            let text = UnsafeRawBufferPointer(rebasing: whole.dropLast(FieldExtractor.padding))
            var locked = lectern_value()
            if extractor.extract(text, into: &locked) == nil, locked.tag == LECTERN_JSON, let fields = locked.text {
                Self.append(membersOf: fields, to: &members)
            }
            // As in the fold: what is locked comes first, and what the record itself says wins.
            Self.append(membersOf: text, to: &members)
        }
        extractor.reset()
        sessions[record.session] = members
    }

    /// Forgets what sessions set: those that live on are repeated at the head of each segment.
    func forgetSessions() { sessions.removeAll(keepingCapacity: true) }

    /// Appends the line of an event, without a line feed.
    ///
    /// - Parameters:
    ///   - id: what tells the event from all others; nil: not said.
    ///   - changes: what filter rules lay over it, a JSON merge patch; nil: nothing.
    package func append(
        _ record: RecordView, id: UnsafeRawBufferPointer? = nil, changes: UnsafeRawBufferPointer? = nil,
        to bytes: inout Bytes
    ) {
        bytes.append("{")
        if let id {
            bytes.append("\"id\":")
            bytes.appendJSON(id)
            bytes.append(",")
        }
        bytes.append("\"type\":")
        bytes.appendJSON(record.type)
        if !record.actor.isEmpty {
            bytes.append(",\"actor\":")
            bytes.appendJSON(record.actor)
        }
        bytes.append(",\"time\":")
        bytes.appendJSON(microseconds: record.time)
        bytes.append(",\"claimed\":")
        bytes.appendJSON(record.isTimeClaimed)
        if record.isTimeClamped { bytes.append(",\"clamped\":true") }
        if let precision = TimePrecision(record.precision) {
            bytes.append(",\"precision\":")
            bytes.appendJSON(precision.rawValue)
        }
        bytes.append(",\"received\":")
        bytes.appendJSON(microseconds: record.received)
        if record.session != 0 {
            bytes.append(",\"session\":")
            bytes.appendJSON(Int64(record.session))
        }
        bytes.append(",\"partition\":")
        bytes.appendJSON(Int64(record.partition))
        bytes.append(",\"position\":")
        bytes.appendJSON(Int64(bitPattern: record.position))
        append(fieldsOf: record, to: &bytes)
        if let changes {
            bytes.append(",\"changes\":")
            Self.append(line: changes, to: &bytes)
        }
        bytes.append(",\"payload\":")
        Self.append(line: record.payload, to: &bytes)
        bytes.append("}")
    }

    /// What session, source and host set; nothing where they set nothing.
    private func append(fieldsOf record: RecordView, to bytes: inout Bytes) {
        let session = record.session == 0 ? nil : sessions[record.session]
        let own = Self.members(of: record.fields)
        guard session?.isEmpty == false || own != nil else { return }
        bytes.append(",\"fields\":{")
        session?.withUnsafeBytes { Self.append(line: $0, to: &bytes) }
        if let own {
            if session?.isEmpty == false { bytes.append(",") }
            Self.append(line: own, to: &bytes)
        }
        bytes.append("}")
    }

    /// Appends a JSON text with spaces in place of line breaks, which mean no more between its tokens.
    package static func append(line json: UnsafeRawBufferPointer, to bytes: inout Bytes) {
        guard let start = json.baseAddress else { return }
        // Few have any.
        if memchr(start, 10, json.count) == nil, memchr(start, 13, json.count) == nil { return bytes.append(json) }
        for part in json.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            if part.startIndex > 0 { bytes.append(" ") }
            bytes.append(UnsafeRawBufferPointer(rebasing: part))
        }
    }

    private static func append(membersOf object: UnsafeRawBufferPointer, to members: inout [UInt8]) {
        guard let more = Self.members(of: object) else { return }
        if !members.isEmpty { members.append(UInt8(ascii: ",")) }
        members += more
    }

    /// What stands between an object's braces; nil: it has no members.
    private static func members(of object: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let first = object.firstIndex(of: UInt8(ascii: "{")), let last = object.lastIndex(of: UInt8(ascii: "}"))
        else { return nil }
        let members = UnsafeRawBufferPointer(rebasing: object[(first + 1)..<last])
        return members.contains(UInt8(ascii: "\"")) ? members : nil
    }
}

/// `LECTERN_PRECISION_...` in words.
enum TimePrecision: String, CaseIterable {
    case day, second, millisecond, microsecond

    var code: UInt8 {
        switch self {
        case .day: UInt8(LECTERN_PRECISION_DAY)
        case .second: UInt8(LECTERN_PRECISION_SECOND)
        case .millisecond: UInt8(LECTERN_PRECISION_MILLISECOND)
        case .microsecond: UInt8(LECTERN_PRECISION_MICROSECOND)
        }
    }

    init?(_ code: UInt8) {
        guard let found = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = found
    }
}
