public import CPluginAPI

/// One event, as the host shows it: pointers into the host's memory, valid as long as the event's batch.
///
/// `time`, `actor` and `type` are the record's own. Everything else is a field, by name or by path
/// (`context.course_id`): see `integer(_:in:)` and its like. Fields that the host's server or source set win over the
/// client's.
@frozen
public struct Event {
    @usableFromInline let record: UnsafePointer<lectern_event>
    @usableFromInline let slots: UnsafeMutablePointer<FieldSlots>

    @inlinable
    init(record: UnsafePointer<lectern_event>, slots: UnsafeMutablePointer<FieldSlots>) {
        self.record = record
        self.slots = slots
    }

    /// When it happened: the client's claim, or the arrival if the client gave no time that could be read.
    @inlinable
    public var time: Timestamp { Timestamp(microseconds: record.pointee.time) }

    /// When it arrived, by the host's clock. Use it for deadlines.
    @inlinable
    public var received: Timestamp { Timestamp(microseconds: record.pointee.received) }

    /// When it happened, as the client claimed; an error if it gave no time that could be read.
    @inlinable
    public var claimedTime: Timestamp {
        get throws(EventError) {
            guard record.pointee.flags & LECTERN_TIME_CLAIMED != 0 else { throw EventError.noTime() }
            return time
        }
    }

    /// Whose event it is.
    @inlinable
    public var actor: Text? {
        guard let start = record.pointee.actor else { return nil }
        return Text(start: start, count: Int(record.pointee.actor_length))
    }

    /// A keyed hash of the actor's id, the same in every process of a deployment: for counting distinct actors.
    @inlinable
    public var actorHash: UInt64 { record.pointee.actor_hash }

    @inlinable
    public var type: Text { Text(start: record.pointee.type, count: Int(record.pointee.type_length)) }

    /// The event as it arrived: one JSON object.
    @inlinable
    public var payload: Text { Text(start: record.pointee.payload, count: Int(record.pointee.payload_length)) }
}
