import PluginAPI

/// What happened in an hour, minute by minute and type by type.
struct Minutes: SpreadReducer {
    static let id = "minutes"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.hour]

    typealias Input = Arrival

    struct State: ReducerState {
        /// By the minute of the hour.
        var minutes: [Int: [String: Count]] = [:]
    }

    struct Count: Codable, Equatable {
        var events = 0
        var lag = Lag()
    }

    static func reduce(_ state: inout State, _ event: Arrival) {
        let minute = Int(event.time.seconds - Int64(event.time.hour) * 3_600) / 60
        add(to: &state.minutes[minute, default: [:]][event.type.string, default: Count()], event)
    }

    private static func add(to count: inout Count, _ event: Arrival) {
        count.events += 1
        if let lag = event.lag { count.lag.add(lag) }
    }

    static func merge(_ state: inout State, _ other: State) {
        for (minute, types) in other.minutes {
            state.minutes[minute, default: [:]].merge(types) { one, other in
                var sum = one
                sum.events += other.events
                sum.lag.merge(other.lag)
                return sum
            }
        }
    }
}

extension Minutes.State {
    /// Calls `body` for each minute and type; `key` is that of the state.
    func forEach(_ key: KeyView, _ body: (_ minute: Cell, _ type: Cell, _ count: Minutes.Count) -> Void) {
        for (minute, types) in minutes {
            let start = Timestamp(seconds: Int64(key.integer(0)) * 3_600 + Int64(minute) * 60)
            for (type, count) in types { body(.time(start), .string(type), count) }
        }
    }
}

/// A row for each minute and type: how many events happened.
struct RateTable: Table {
    typealias From = Minutes
    let id = "event_rates"
    let title = "Events by minute"
    let columns: [Column] = [
        .time("minute", "Minute", key: true), .text("type", "Type", key: true), .integer("events", "Events"),
        .number("events_per_second", "Events a second"),
    ]

    func rows(_ key: KeyView, _ state: Minutes.State, into rows: Rows) {
        state.forEach(key) { minute, type, count in
            rows.add(minute, type, .integer(count.events), .number(Double(count.events) / 60))
        }
    }
}

/// A row for each minute and type with events that claim a time: how late they came.
struct LagTable: Table {
    typealias From = Minutes
    let id = "event_lag"
    let title = "Lag by minute"
    let columns: [Column] = [
        .time("minute", "Minute", key: true), .text("type", "Type", key: true), .integer("lag_count", "Events"),
        .number("lag_seconds_sum", "Sum of lags, s"), .number("lag_seconds_max", "Largest lag, s"),
        .number("average_lag_seconds", "Average lag, s"), .number("lag_seconds_p95", "95 of 100 at most, s"),
        .integer("ahead_count", "From the future"),
    ]

    func rows(_ key: KeyView, _ state: Minutes.State, into rows: Rows) {
        state.forEach(key) { minute, type, count in
            let lag = count.lag
            guard lag.count > 0 else { return }
            func seconds(_ milliseconds: Int) -> Double { Double(milliseconds) / 1_000 }
            rows.add(
                minute, type, .integer(lag.count), .number(seconds(lag.sum)), .number(seconds(lag.largest)),
                .number(seconds(lag.sum) / Double(lag.count)), .number(lag.percentile(95).map(seconds)),
                .integer(lag.ahead))
        }
    }
}
