import PluginAPI

/// What a student does in a domain.
struct Engagement: Reducer {
    static let id = "engagement"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.actor, .field("domain")]

    typealias Input = Activity

    struct State: ReducerState, StateCoding {
        var quiz = 0
        var viewed = 0
        var login = 0
        var other = 0
        var taken = 0
        var last = Int64.min
    }

    static func reduce(_ state: inout State, _ input: Activity) {
        switch input.kind {
        case .quiz: state.quiz += 1
        case .viewed: state.viewed += 1
        case .login: state.login += 1
        case .other: state.other += 1
        }
        state.taken += input.taken
        state.last.raise(to: input.seconds)
    }
}

extension Engagement.State {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("last", last)
            map.field("quiz", quiz)
            map.field("login", login)
            map.field("other", other)
            map.field("taken", taken)
            map.field("viewed", viewed)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        last = try map.read("last")
        quiz = try map.read("quiz")
        login = try map.read("login")
        other = try map.read("other")
        taken = try map.read("taken")
        viewed = try map.read("viewed")
    }
}

struct EngagementTable: Table {
    typealias From = Engagement
    let id = "engagement"
    let title = "Engagement"
    let columns: [Column] = [
        .text("t"), .text("user", key: true), .text("domain", key: true), .integer("quiz"), .integer("viewed"),
        .integer("login"), .integer("other"), .integer("time"), .integer("last"),
    ]

    func rows(_ key: KeyView, _ state: Engagement.State, into rows: Rows) {
        rows.add(
            .text("engagement"), key[0], key[1], .integer(state.quiz), .integer(state.viewed), .integer(state.login),
            .integer(state.other), .integer(state.taken), .integer(Int(state.last)))
    }
}
