import PluginAPI

/// Each learner's attempts, hour by hour.
struct UserHourlyAttempts: WindowedReducer {
    static let id = "user-hourly-attempts"
    static let version = 1
    static let events: EventFilter = .only(Attempt.types)
    static let key: Key = [.actor, .window]
    static let windows: Windows = .tumbling(.hours(1), grace: .hours(24), retention: .days(30))

    typealias Input = Attempt

    struct State: WindowState {
        var revision = 0
        var attempts = Attempts()
    }

    static func reduce(_ state: inout State, _ attempt: Attempt) { state.attempts.add(attempt) }
    static func prefetch(_ state: inout State, for attempt: Attempt) { state.attempts.speeds.prefetch() }
}

extension UserHourlyAttempts.State: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("attempts", attempts)
            map.field("revision", revision)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        attempts = try map.read("attempts")
        revision = try map.read("revision")
    }
}

struct UserHourlyTable: Table {
    typealias From = UserHourlyAttempts
    let id = "user_hourly_attempts"
    let title = "Attempts by learner and hour"
    let columns: [Column] =
        [.text("user_id", "Learner", key: true), .time("window", "Hour", key: true)] + AttemptColumns.columns
        + [.integer("revision", "Revision")]

    func rows(_ key: KeyView, _ state: UserHourlyAttempts.State, into rows: Rows) {
        rows.add(
            [key[0], .time(key.window(1))] + AttemptColumns.cells(state.attempts) + [.integer(state.revision)])
    }
}
