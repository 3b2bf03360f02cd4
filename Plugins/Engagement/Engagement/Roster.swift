import PluginAPI

// A roster's rows come as events (plugin edx-tracking, source edx-roster). A later row replaces an earlier one; rows
// of a dump have no time of their own, and of several without one the larger counts, so that their order does not
// matter.

extension Event {
    /// The time that a row's source gave it.
    fileprivate var rowTime: Timestamp { (try? claimedTime) ?? .distantPast }
}

/// A user of the platform, by the number in its database.
struct Accounts: SpreadReducer {
    static let id = "accounts"
    static let version = 1
    static let events: EventFilter = .types("roster.user")
    static let key: Key = [.field("id")]

    struct Account: Codable, Comparable {
        var username: String
        var email: String

        static func < (left: Account, right: Account) -> Bool {
            (left.username, left.email) < (right.username, right.email)
        }
    }

    struct Input: EventInput {
        let account: Account
        let time: Timestamp

        init(_ event: Event) throws {
            account = Account(
                username: try event.string("username", length: 1 ... .max), email: try event.string("email"))
            time = event.rowTime
        }
    }

    typealias State = Latest<Account>
    static func reduce(_ state: inout State, _ input: Input) { state.offer(input.account, at: input.time) }
    static func merge(_ state: inout State, _ other: State) { state.merge(other) }
}

/// A group of a course's learners: a cohort.
struct Groups: SpreadReducer {
    static let id = "groups"
    static let version = 1
    static let events: EventFilter = .types("roster.group")
    static let key: Key = [.field("id")]

    struct Group: Codable, Comparable {
        var name: String
        var course: String

        static func < (left: Group, right: Group) -> Bool { (left.name, left.course) < (right.name, right.course) }
    }

    struct Input: EventInput {
        let group: Group
        let time: Timestamp

        init(_ event: Event) throws {
            group = Group(name: try event.string("name"), course: try event.string("course_id"))
            time = event.rowTime
        }
    }

    typealias State = Latest<Group>
    static func reduce(_ state: inout State, _ input: Input) { state.offer(input.group, at: input.time) }
    static func merge(_ state: inout State, _ other: State) { state.merge(other) }
}

/// The groups that a user is in.
struct Memberships: SpreadReducer {
    static let id = "memberships"
    static let version = 1
    static let events: EventFilter = .types("roster.member")
    static let key: Key = [.field("user_id")]

    struct Input: EventInput {
        let group: Int
        init(_ event: Event) throws { group = try event.integer("group_id") }
    }

    typealias State = Set<Int>
    static func reduce(_ state: inout State, _ input: Input) { state.insert(input.group) }
    static func merge(_ state: inout State, _ other: State) { state.formUnion(other) }
}
