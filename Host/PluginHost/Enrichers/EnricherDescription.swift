/// What a plugin says of one of its enrichers: what is to be looked up of an event before it is stored.
package struct EnricherDescription: Sendable, Hashable, Codable {
    /// A part of what is looked up by.
    package enum KeyPart: Sendable, Hashable, Codable {
        case actor
        case field(path: String)

        /// As queries, addresses and columns of files call it.
        package var name: String {
            switch self {
            case .actor: "actor"
            case .field(let path): path
            }
        }
    }

    /// A member of the answer.
    package struct Member: Sendable, Hashable, Codable {
        package enum Kind: String, CaseIterable, Sendable, Codable {
            case text, integer, number, boolean, time, json
        }

        package let name: String
        package let kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// Unique in the host.
    package let id: String
    /// For people; may be empty.
    package let about: String
    /// The member of the event that the answer is put under.
    package let member: String
    package let key: [KeyPart]
    package let members: [Member]
    /// Of the events that are asked for; none: all.
    package let types: [String]
    /// What a PostgreSQL database is asked; may be empty.
    package let query: String

    package init(
        id: String, about: String = "", member: String, key: [KeyPart], members: [Member], types: [String] = [],
        query: String = ""
    ) {
        self.id = id
        self.about = about
        self.member = member
        self.key = key
        self.members = members
        self.types = types
        self.query = query
    }
}

/// What a plugin says of a member of events that one of its functions computes from others.
package struct DerivedMember: Sendable, Hashable, Codable {
    package enum Argument: Sendable, Hashable, Codable {
        /// Of the event, or of an answer.
        case field(path: String)
        /// The event's.
        case time
    }

    /// The member of the event that it is put under, with others.
    package let member: String
    package let name: String
    /// The function's id.
    package let function: String
    package let arguments: [Argument]
    /// Of the events that have it; none: all.
    package let types: [String]

    package init(member: String, name: String, function: String, arguments: [Argument], types: [String] = []) {
        self.member = member
        self.name = name
        self.function = function
        self.arguments = arguments
        self.types = types
    }
}

/// The names of members that answers may be put under.
package enum AnswerMember {
    package static let rule =
        "a letter or underscore, then letters, digits and underscores, at most 64, and none of \(reserved.joined(separator: ", "))"

    /// What an event has anyway, and what the host says of answers.
    private static let reserved = [
        "enrichment", "auth", "server", "event", "event_type", "timestamp", "time", "metadata", "user_id", "seq",
    ]

    package static func isValid(_ name: String) -> Bool { isName(name) && !reserved.contains(name) }

    /// Whether something below a member may be called so.
    package static func isName(_ name: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { byte == 95 || 65...90 ~= byte || 97...122 ~= byte }
        return (1...64).contains(name.utf8.count) && name.utf8.first.map(isLetter) == true
            && name.utf8.allSatisfy { isLetter($0) || 48...57 ~= $0 }
    }
}

extension PluginDescription {
    /// Throws if another plugin has an enricher of the same id, or puts something under the same member of events.
    func checkEnrichers(beside others: [PluginDescription]) throws(PluginRefusal) {
        let members = Set(enrichers.map(\.member) + derivedMembers.map(\.member))
        for other in others {
            if let twin = enrichers.first(where: { own in other.enrichers.contains { $0.id == own.id } }) {
                throw PluginRefusal(
                    file: file, field: "enricher \(twin.id)", wanted: "an id that no other enricher has",
                    found: "the same in plugin \(other.id)")
            }
            let taken = members.intersection(other.enrichers.map(\.member) + other.derivedMembers.map(\.member))
            if let member = taken.min() {
                throw PluginRefusal(
                    file: file, field: "member \(member)", wanted: "a member that no other plugin sets",
                    found: "the same in plugin \(other.id)")
            }
        }
    }
}
