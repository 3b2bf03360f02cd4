/// What is to be known of events beside what they say themselves: answers that the host looks up, and stores with each event
/// before anything is folded.
///
///     Enricher("user-context", as: "user_context", by: .actor)
///         .member("country", .text)
///         .member("total_attempts", .integer)
///         .query("SELECT country, total_attempts FROM learners WHERE id = $1")
///
/// An event then has the member `user_context`, and reducers read `user_context.country`. Where the host looks, a database, a
/// web service or a file, is the operator's to say (settings `enrichment`); until then the enricher is without effect. Since
/// answers are stored with the event, a replay gives the same states and asks nobody.
///
/// `enrichment.user_context` of the event says what the answer is worth: `fresh`, `stale` (the source is away, and this is what
/// it said before) or `missing`.
public struct Enricher: Sendable {
    /// The type of a member of an answer.
    public enum Kind: UInt32, Sendable {
        case text = 1
        case integer, number, boolean
        /// A time; an RFC 3339 text in the event.
        case time
        /// Any JSON value: a list, an object.
        case json
    }

    let id: String
    let member: String
    let key: [Key.Part]
    var types: [String] = []
    var about = ""
    var query = ""
    var members: [(name: String, kind: Kind)] = []

    /// - Parameters:
    ///   - id: as a reducer's id; unique in the host.
    ///   - member: the member of the event that the answer is put under: letters, digits and underscores.
    ///   - key: what is looked up by, the actor and fields of the event. An event that lacks one of them is not asked for.
    public init(_ id: String, as member: String, by key: Key.Part...) {
        self.id = id
        self.member = member
        self.key = key
    }

    /// For people: what it tells, in a sentence.
    public func description(_ description: String) -> Enricher { with { $0.about = description } }

    /// Which events are asked for; else all.
    public func events(_ filter: EventFilter) -> Enricher { with { $0.types = filter.types } }

    /// A member of the answer. What the source says besides is left out.
    public func member(_ name: String, _ kind: Kind) -> Enricher { with { $0.members.append((name, kind)) } }

    /// What a PostgreSQL database is asked, unless the operator has another query. `$1`, `$2` … are the key's parts; the columns of
    /// the first row are the members.
    public func query(_ sql: String) -> Enricher { with { $0.query = sql } }

    private func with(_ change: (inout Enricher) -> Void) -> Enricher {
        var copy = self
        change(&copy)
        return copy
    }
}

/// A member of events that a ``Function`` of the plugin computes from others, before the event is stored: from its own fields,
/// and from what an ``Enricher`` has found.
///
///     DerivedMember("derived_context", "effort", calling: "effort", .field("response_time"), .field("item_context.difficulty"))
///
/// Of an answer, an argument is a member that the enricher declares, and nothing inside it.
///
/// An event then has the member `derived_context.effort`; a null is left out. A value of another type than the function's is null.
public struct DerivedMember: Sendable {
    /// What the function is called with.
    public enum Argument: Sendable {
        /// A field of the event or of an answer, by its path.
        case field(String)
        /// The event's time.
        case time
    }

    let member: String
    let name: String
    let function: String
    let arguments: [Argument]
    var types: [String] = []

    /// - Parameters:
    ///   - member: the member of the event that it is put under, with others.
    ///   - name: its own name there.
    ///   - function: the id of a function of this plugin.
    public init(_ member: String, _ name: String, calling function: String, _ arguments: Argument...) {
        self.member = member
        self.name = name
        self.function = function
        self.arguments = arguments
    }

    /// Of which events; else all.
    public func events(_ filter: EventFilter) -> DerivedMember {
        var copy = self
        copy.types = filter.types
        return copy
    }
}
