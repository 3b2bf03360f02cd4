import PluginAPI

/// What belongs to a session of a learner.
struct Activity: EventInput {
    let session: Text?
    /// Stands for the item, or the module.
    let item: UInt64?
    let time: Timestamp

    init(_ event: Event) throws {
        let id = event.textIfAny("session_id")
        session = id.flatMap { (1...256).contains($0.count) ? $0 : nil }
        item = (event.textIfAny("item_id") ?? event.textIfAny("module")).map(DistinctCount.hash)
        time = event.time
    }
}

/// Each learner's sessions, day by day: how many, how long, and how many items.
struct UserDailySessions: WindowedReducer {
    static let id = "user-daily-sessions"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.actor, .window]
    static let windows: Windows = .tumbling(.days(1), grace: .hours(24), retention: .days(90))
    /// More sessions of one learner and day, the last ones, count together as one without a name.
    static let most = 256

    typealias Input = Activity

    struct State: WindowState {
        var revision = 0
        var events = 0
        /// By the session's id.
        var sessions: [String: Span] = [:]
        var items = DistinctCount()
    }

    /// From the first event of a session in the day to its last one.
    struct Span {
        var first: Timestamp
        var last: Timestamp
    }

    static func reduce(_ state: inout State, _ activity: Activity) {
        state.events += 1
        if let item = activity.item { state.items.insert(item) }
        guard let session = activity.session?.string else { return }
        if let known = state.sessions.index(forKey: session) {
            add(activity.time, to: &state.sessions.values[known])
        } else {
            let name = state.sessions.count < most ? session : ""
            add(activity.time, to: &state.sessions[name, default: Span(at: activity.time)])
        }
    }

    static func prefetch(_ state: inout State, for activity: Activity) {
        if let item = activity.item { state.items.prefetch(item) }
    }

    private static func add(_ time: Timestamp, to span: inout Span) {
        span.first.lower(to: time)
        span.last.raise(to: time)
    }
}

extension UserDailySessions.Span {
    fileprivate init(at time: Timestamp) { self.init(first: time, last: time) }
}

extension UserDailySessions.State: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("items", items)
            map.field("events", events)
            map.field("revision", revision)
            map.field("sessions", sessions)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        items = try map.read("items")
        events = try map.read("events")
        revision = try map.read("revision")
        sessions = try map.read("sessions")
    }
}

extension UserDailySessions.Span: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("last", last)
            map.field("first", first)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        last = try map.read("last")
        first = try map.read("first")
    }
}

struct UserDailyTable: Table {
    typealias From = UserDailySessions
    let id = "user_daily_sessions"
    let title = "Sessions by learner and day"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .time("window", "Day", key: true), .integer("sessions", "Sessions"),
        .number("session_minutes", "Minutes in sessions"), .integer("items", "Items"), .integer("events", "Events"),
        .integer("revision", "Revision"),
    ]

    func rows(_ key: KeyView, _ state: UserDailySessions.State, into rows: Rows) {
        // Whole numbers, since the order of the sessions is another one in each process.
        let microseconds = state.sessions.values.reduce(0) { $0 + $1.last.microseconds - $1.first.microseconds }
        rows.add(
            key[0], .time(key.window(1)), .integer(state.sessions.count), .number(Double(microseconds) / 60e6),
            .integer(state.items.count), .integer(state.events), .integer(state.revision))
    }
}
