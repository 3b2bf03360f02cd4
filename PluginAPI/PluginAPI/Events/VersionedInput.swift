/// A typed event whose schema has changed over time: each version is read as it was written, and *upcast*, step by step, to the
/// newest. What is in the log is never rewritten.
///
///     struct Answer: VersionedInput {
///         static let schemaVersion = 2
///         let seconds: Double
///
///         init(current event: Event) throws { seconds = try event.number("seconds", in: 0...86_400) }
///
///         /// As version 1 had it.
///         struct Older: EventInput {
///             let minutes: Double
///             init(_ event: Event) throws { minutes = try event.number("minutes", in: 0...1_440) }
///         }
///         init(upcasting older: Older) { seconds = older.minutes * 60 }
///     }
///
/// The schema is that of the event's type, and its version the whole number in the field `schema_version`; an event without one
/// is of version 1. An event of a version that is newer than this build is not guessed at: it goes to the dead letters, from
/// which `lectern dead-letters replay` sends it again once a build knows it. `Older` may be a `VersionedInput` itself, so that
/// there is one step for each version.
public protocol VersionedInput: EventInput {
    /// How the versions before this one are read.
    associatedtype Older: EventInput

    /// The version that `init(current:)` reads; at least 2.
    static var schemaVersion: Int { get }
    /// Reads an event of this version.
    init(current event: Event) throws
    /// Makes this version's event of an older one. A pure function.
    init(upcasting older: Older) throws
}

extension VersionedInput {
    @inlinable
    public init(_ event: Event) throws {
        let version = try event.optionalInteger("schema_version", in: 1 ... .max) ?? 1
        if version == Self.schemaVersion {
            try self.init(current: event)
        } else if version < Self.schemaVersion {
            try self.init(upcasting: Older(event))
        } else {
            throw newerVersion(version, than: Self.schemaVersion)
        }
    }
}

@usableFromInline
@inline(never)
func newerVersion(_ version: Int, than known: Int) -> EventError {
    EventError(field: "schema_version", expected: "1 to \(known), which this build knows", found: "\(version)")
}
