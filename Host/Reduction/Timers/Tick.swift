import EventLog
import Foundation
import Records

/// Time has come, for the states of some partitions that wait for it: a control record in each.
struct Tick {
    static let recordType = "tick"

    /// Microseconds since 1970 UTC.
    let time: Int64

    /// Of a control record; nil if it is another one.
    init?(_ record: RecordView) {
        guard record.kind == .control, record.type.elementsEqual(Self.recordType.utf8) else { return nil }
        time = record.received
    }

    /// Appends the records and waits until they are durable.
    static func append(to log: EventLog, partitions: [Int], at time: Int64) throws {
        try log.append(control: recordType, Data("{}".utf8), to: partitions, at: time)
    }
}
