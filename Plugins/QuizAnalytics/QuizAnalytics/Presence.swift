import PluginAPI

/// When a learner was there on a day: the spans of time between log-ins and whatever follows.
struct Presence: Reducer {
    static let id = "presence"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.presence)
    static let key: Key = [.actor, .day]

    typealias Input = LearningEvent

    /// Events that are no further apart belong to one span, in seconds. Sessions are made of spans when the gap that
    /// ends a session is known, so it may be any that is not below this one, and be changed without folding anew.
    static let span: Int64 = 60

    struct State: ReducerState {
        var logins = 0
        /// In order, and more than `Presence.span` apart.
        var spans: [Span] = []

        /// The spans put together where less than `gap` seconds lie between them.
        func sessions(gap: Int64) -> [Span] {
            spans.reduce(into: []) { sessions, span in
                if let last = sessions.last, span.first - last.last <= gap {
                    sessions[sessions.count - 1].last = span.last
                } else {
                    sessions.append(span)
                }
            }
        }
    }

    /// Seconds since 1970 UTC, both included.
    struct Span: Codable, Equatable {
        var first: Int64
        var last: Int64

        var seconds: Int64 { last - first }
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        if event.kind == .login { state.logins += 1 }
        insert(event.time.seconds, into: &state.spans)
    }

    /// Events may come in any order, so a span may grow at either end, and two become one.
    private static func insert(_ time: Int64, into spans: inout [Span]) {
        var index = spans.count
        while index > 0, spans[index - 1].first > time { index -= 1 }
        let joinsBefore = index > 0 && time - spans[index - 1].last <= span
        let joinsAfter = index < spans.count && spans[index].first - time <= span
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            spans[index - 1].last = spans[index].last
            spans.remove(at: index)
        case (true, false): spans[index - 1].last.raise(to: time)
        case (false, true): spans[index].first = time
        case (false, false): spans.insert(Span(first: time, last: time), at: index)
        }
    }
}

/// A row for each learner and day: how long the learner was there. A session that goes on past midnight (UTC) is one of
/// either day.
struct SessionTable: Table {
    typealias From = Presence
    /// Seconds without an event that end a session.
    let gap: Int64
    let id = "session_duration"
    let title = "Sessions by learner and day"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .time("day", "Day", key: true), .integer("sessions", "Sessions"),
        .integer("seconds_sum", "Time, s"), .number("average_seconds", "Average session, s"),
        .integer("logins", "Log-ins"), .time("first_seen_at", "First seen"), .time("last_seen_at", "Last seen"),
    ]

    func rows(_ key: KeyView, _ state: Presence.State, into rows: Rows) {
        guard let first = state.spans.first, let last = state.spans.last else { return }
        let sessions = state.sessions(gap: gap)
        let seconds = sessions.reduce(0) { $0 + $1.seconds }
        rows.add(
            key[0], .time(Day(number: key.integer(1)).start), .integer(sessions.count), .integer(Int(seconds)),
            .number(Double(seconds) / Double(sessions.count)), .integer(state.logins),
            .time(Timestamp(seconds: first.first)), .time(Timestamp(seconds: last.last)))
    }
}

/// How many learners were there on a day.
struct DailyUsers: Aggregator {
    typealias Of = Presence
    static let id = "daily-users"
    static let group: Key = [.day]

    struct State: ReducerState {
        var users = 0
        var logins = 0
    }

    static func add(_ total: inout State, _ key: KeyView, _ state: Presence.State) {
        total.users += 1
        total.logins += state.logins
    }

    static func retract(_ total: inout State, _ key: KeyView, _ state: Presence.State) {
        total.users -= 1
        total.logins -= state.logins
    }
}

/// A row for each day on which somebody was there.
struct DailyUsersTable: Table {
    typealias From = DailyUsers
    let id = "daily_active_users"
    let title = "Daily active users"
    let columns: [Column] = [
        .time("day", "Day", key: true), .integer("users", "Active users"), .integer("logins", "Log-ins"),
    ]

    func rows(_ key: KeyView, _ state: DailyUsers.State, into rows: Rows) {
        rows.add(.time(Day(number: key.integer(0)).start), .integer(state.users), .integer(state.logins))
    }
}
