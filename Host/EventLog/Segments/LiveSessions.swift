import Records

/// The session records that each new segment repeats: those of sessions that are not closed.
struct LiveSessions {
    /// The highest number that a session record has had.
    var highest: UInt32 = 0
    private var records: [UInt32: [UInt8]] = [:]

    mutating func insert(_ record: RecordView) {
        records[record.session] = Array(record.bytes)
        highest = max(highest, record.session)
    }

    mutating func remove(_ number: UInt32) { records[number] = nil }

    /// The record of a session; nil: it is closed, or has none yet.
    subscript(number: UInt32) -> [UInt8]? { records[number] }

    /// Appends the records, in the order of their sessions.
    func append(to bytes: inout Bytes) {
        for number in records.keys.sorted() {
            records[number]?.withUnsafeBytes { bytes.append($0) }
        }
    }
}
