/// What a record is. The raw values are `LECTERN_RECORD_...`.
public enum RecordKind: UInt8, Sendable {
    /// An event.
    case event = 1
    /// What changes the fold beside events: the record's type names it ("generation", "end-of-input"...).
    case control = 2
    /// What the events of a session share. A later record of the same session replaces it for the events that follow.
    case session = 3
    /// A client's highest durable sequence number, for frames that are durable elsewhere than in the log.
    case mark = 4
    /// Stands at the position of an event that was erased: its length and position are what is left of it, and its number
    /// among the client's if others use that client, too.
    case tombstone = 5

    /// Whether such a record belongs to one partition and is counted there. The others are for every partition.
    @inlinable @inline(__always)
    public var hasPosition: Bool { self == .event || self == .control || self == .tombstone }
}

/// Who says that a record's actor is the actor. The raw values are `LECTERN_ASSERTED_BY_...`.
public enum ActorAssertion: UInt8, Sendable {
    /// There is no actor.
    case nobody = 0
    /// The connection's own identity.
    case authentication = 1
    /// A trusted connection, from a field of the event.
    case connection = 2
    /// A source plugin.
    case source = 3
}
