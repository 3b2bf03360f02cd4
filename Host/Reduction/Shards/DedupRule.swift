/// Which events count once only: those that agree in an id, in what the id is unique in, within a time.
package struct DedupRule: Sendable, Equatable, Codable {
    /// What an id is unique in. Without `actor`, duplicates are found within a partition only.
    package enum Scope: String, Sendable, CaseIterable, Codable {
        case actor, type
    }

    /// The field that holds the id: a text or an integer. Events without it are never duplicates.
    package var field: String
    package var scope: Set<Scope>
    /// How long an event is known, in seconds of event time: until one of its partition comes that is so much later. Nil: for ever.
    package var retention: UInt32?

    package init(field: String, scope: Set<Scope> = [.actor, .type], retention: UInt32? = nil) {
        self.field = field
        self.scope = scope
        self.retention = retention
    }
}

/// The rules of all event types.
package struct DedupRules: Sendable, Equatable, Codable {
    /// What becomes of an event with the id of another one, and with other content.
    package enum Conflict: String, Sendable, CaseIterable, Codable {
        /// It is a dead letter; nothing folds it.
        case deadLetter = "dead_letter"
        /// It counts as a duplicate: contents are not compared.
        case drop
    }

    /// Of types, or of all that begin like this, if a `*` is at the end. The rule of the type itself goes before, then that of the longest
    /// beginning.
    package var types: [String: DedupRule]
    /// Of all other types; nil: they have no duplicates.
    package var others: DedupRule?
    package var conflict = Conflict.deadLetter
    /// Members of an event that say nothing about its content, such as when it was sent.
    package var ignored: [String] = []

    package init(types: [String: DedupRule] = [:], others: DedupRule? = nil) {
        self.types = types
        self.others = others
    }

    /// The rule of a type; nil: its events have no duplicates.
    package func rule(for type: String) -> DedupRule? {
        if let rule = types[type] { return rule }
        let prefixes = types.filter { $0.key.hasSuffix("*") && type.hasPrefix($0.key.dropLast()) }
        return prefixes.max { $0.key.utf8.count < $1.key.utf8.count }?.value ?? others
    }

    package var isEmpty: Bool { types.isEmpty && others == nil }
    private var all: [DedupRule] { Array(types.values) + (others.map { [$0] } ?? []) }
    /// Whether an event may ever be forgotten.
    var isTimed: Bool { all.contains { $0.retention != nil } }
    var comparesContent: Bool { conflict == .deadLetter }
}
