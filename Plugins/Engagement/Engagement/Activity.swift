import PluginAPI

/// What a learner does in a course, day by day.
struct Activity: Reducer {
    static let id = "activity"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.actor, .field("course")]

    typealias Input = TrackedEvent

    struct State: ReducerState {
        /// By the day's number. A day without activity is not there.
        var days: [Int: DayActivity] = [:]
    }

    /// What a platform calls the actor of events that are nobody's.
    static let anonymous: StaticString = "anonymous"

    static func reduce(_ state: inout State, _ event: TrackedEvent) {
        if case .nothing = event.kind { return }
        state.days[event.day.number, default: DayActivity()].add(event)
    }
}

extension Activity.State: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { $0.field("days", days) }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        days = try map.read("days")
    }
}

/// The votes that a learner's posts in a course got from others, day by day.
struct VotesReceived: SpreadReducer {
    static let id = "votes-received"
    static let version = 1
    static let events: EventFilter = .types(
        "edx.forum.thread.voted", "edx.forum.response.voted", "edx.forum.comment.voted")
    static let key: Key = [.field("event.target_username"), .field("course")]

    typealias Input = TrackedEvent

    struct State: ReducerState {
        var days: [Int: Votes] = [:]
    }

    struct Votes: Codable, Equatable {
        var up = 0
        var down = 0

        mutating func merge(_ other: Votes) {
            up += other.up
            down += other.down
        }
    }

    static func reduce(_ state: inout State, _ event: TrackedEvent) {
        guard case .vote(let isUp, let isUndone, let counts) = event.kind else { return }
        // To be voted for is activity, whether or not the votes for such a post are counted.
        var votes = state.days[event.day.number] ?? Votes()
        if counts, isUp { votes.up += isUndone ? -1 : 1 }
        if counts, !isUp { votes.down += isUndone ? -1 : 1 }
        state.days[event.day.number] = votes
    }

    static func merge(_ state: inout State, _ other: State) {
        for (day, votes) in other.days { state.days[day, default: Votes()].merge(votes) }
    }
}
