/// Stretches of activity, session windows by another name: events that are no further apart than a gap belong together. In
/// whichever order events come, the same sessions come out, each with what its content has added up.
///
///     struct Work: SessionContent {
///         var answers = 0
///         mutating func merge(_ other: Work) { answers += other.answers }
///     }
///     struct State: ReducerState { var sessions = Sessions<Work>() }
///
///     state.sessions.add(at: input.time, gap: .minutes(30)) { $0.answers += 1 }
///
/// It keeps the newest sessions, 64 unless it is told otherwise; what is older than all of them is left out.
public struct Sessions<Content: SessionContent>: Codable {
    public struct Session: Codable {
        public private(set) var first: Timestamp
        public private(set) var last: Timestamp
        public private(set) var events: Int
        public private(set) var content: Content

        /// From the first event to the last, in seconds.
        public var seconds: Double { Double(last.microseconds - first.microseconds) / 1e6 }

        fileprivate init(at time: Timestamp, _ content: Content) {
            first = time
            last = time
            events = 1
            self.content = content
        }

        fileprivate mutating func merge(_ other: Session) {
            first.lower(to: other.first)
            last.raise(to: other.last)
            events += other.events
            content.merge(other.content)
        }
    }

    /// The oldest first; more than a gap lies between two.
    public private(set) var sessions: [Session] = []

    public init() {}

    /// Takes an event in: into the session that it belongs to, between two that it joins, or as one of its own.
    ///
    /// - Parameters:
    ///   - gap: the longest silence within a session; the same at every call.
    ///   - most: sessions that are kept.
    ///   - change: what the event adds.
    public mutating func add(
        at time: Timestamp, gap: Duration, most: Int = 64, _ change: (inout Content) -> Void = { _ in }
    ) {
        let reach = gap.microseconds
        var content = Content()
        change(&content)
        var session = Session(at: time, content)
        // From the end, where most events belong.
        var low = sessions.count
        while low > 0, sessions[low - 1].last.microseconds + reach >= time.microseconds { low -= 1 }
        var high = low
        while high < sessions.count, sessions[high].first.microseconds - reach <= time.microseconds {
            session.merge(sessions[high])
            high += 1
        }
        sessions.replaceSubrange(low..<high, with: [session])
        if sessions.count > most { sessions.removeFirst(sessions.count - most) }
    }
}

/// What a session adds up. The order of merges must not matter.
public protocol SessionContent: Codable {
    init()
    /// Adds what another part of the same session has seen.
    mutating func merge(_ other: Self)
}
