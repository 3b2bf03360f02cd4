import PluginAPI

/// How an item fares, hour by hour: what its difficulty is calibrated by.
struct ItemHourlyPerformance: WindowedReducer, SpreadReducer {
    static let id = "item-hourly-performance"
    static let version = 1
    static let events: EventFilter = .only(Attempt.types)
    static let key: Key = [.field("item_id"), .window]
    static let windows: Windows = .tumbling(.hours(1), grace: .hours(24), retention: .days(30))

    typealias Input = Attempt
    typealias State = AttemptsOfMany

    static func reduce(_ state: inout State, _ attempt: Attempt) { state.add(attempt) }
    static func prefetch(_ state: inout State, for attempt: Attempt) { state.prefetch(attempt) }
    static func merge(_ state: inout State, _ other: State) { state.merge(other) }
}

struct ItemHourlyTable: Table {
    typealias From = ItemHourlyPerformance
    let id = "item_hourly_performance"
    let title = "Items by hour"
    let columns: [Column] =
        [
            .text("item_id", "Item", key: true), .time("window", "Hour", key: true),
            .number("difficulty", "Difficulty"), .integer("learners", "Learners"),
        ] + AttemptColumns.columns + [.integer("revision", "Revision")]

    func rows(_ key: KeyView, _ state: ItemHourlyPerformance.State, into rows: Rows) {
        // The part of answers that were wrong.
        let difficulty = state.attempts.accuracy.mean.map { 1 - $0 }
        rows.add(
            [key[0], .time(key.window(1)), .number(difficulty), .integer(state.learners.count)]
                + AttemptColumns.cells(state.attempts) + [.integer(state.revision)])
    }
}
