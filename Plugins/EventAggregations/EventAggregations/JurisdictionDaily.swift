import PluginAPI

/// What a jurisdiction's learners do, day by day.
struct JurisdictionDaily: WindowedReducer, SpreadReducer {
    static let id = "jurisdiction-daily"
    static let version = 1
    static let events: EventFilter = .only(Attempt.types)
    static let key: Key = [.field("jurisdiction"), .window]
    static let windows: Windows = .tumbling(.days(1), grace: .hours(24), retention: .days(365))

    typealias Input = Attempt
    typealias State = AttemptsOfMany

    static func reduce(_ state: inout State, _ attempt: Attempt) { state.add(attempt) }
    static func prefetch(_ state: inout State, for attempt: Attempt) { state.prefetch(attempt) }
    static func merge(_ state: inout State, _ other: State) { state.merge(other) }
}

struct JurisdictionTable: Table {
    typealias From = JurisdictionDaily
    let id = "jurisdiction_daily"
    let title = "Jurisdictions by day"
    let columns: [Column] =
        [
            .text("jurisdiction", "Jurisdiction", key: true), .time("window", "Day", key: true),
            .integer("learners", "Learners"),
        ] + AttemptColumns.columns + [.integer("revision", "Revision")]

    func rows(_ key: KeyView, _ state: JurisdictionDaily.State, into rows: Rows) {
        rows.add(
            [key[0], .time(key.window(1)), .integer(state.learners.count)]
                + AttemptColumns.cells(state.attempts) + [.integer(state.revision)])
    }
}
