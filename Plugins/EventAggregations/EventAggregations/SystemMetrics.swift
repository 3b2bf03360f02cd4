import PluginAPI

/// An event of any kind.
struct AnyEvent: EventInput {
    let type: Text
    let actorHash: UInt64

    init(_ event: Event) throws {
        type = event.type
        actorHash = event.actorHash
    }
}

/// What arrives, in five minutes each.
struct SystemMetrics: WindowedReducer, SpreadReducer {
    static let id = "system-5min-metrics"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.window]
    static let windows: Windows = .tumbling(.minutes(5), grace: .hours(24), retention: .days(7))

    typealias Input = AnyEvent

    struct State: WindowState {
        var revision = 0
        var events = 0
        var types: [String: Int] = [:]
        var learners = DistinctCount()
    }

    static func reduce(_ state: inout State, _ event: AnyEvent) {
        state.events += 1
        state.types[event.type.string, default: 0] += 1
        if event.actorHash != 0 { state.learners.insert(event.actorHash) }
    }

    static func merge(_ state: inout State, _ other: State) {
        state.revision += other.revision
        state.events += other.events
        state.types.merge(other.types) { $0 + $1 }
        state.learners.merge(other.learners)
    }
}

extension SystemMetrics.State: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("types", types)
            map.field("events", events)
            map.field("learners", learners)
            map.field("revision", revision)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        types = try map.read("types")
        events = try map.read("events")
        learners = try map.read("learners")
        revision = try map.read("revision")
    }
}

struct SystemTable: Table {
    typealias From = SystemMetrics
    let id = "system_5min_metrics"
    let title = "Events in five minutes each"
    let columns: [Column] = [
        .time("window", "From", key: true), .integer("events", "Events"),
        .number("events_per_second", "Events a second"), .integer("types", "Types"),
        .integer("learners", "Learners"), .integer("revision", "Revision"),
    ]

    func rows(_ key: KeyView, _ state: SystemMetrics.State, into rows: Rows) {
        rows.add(
            .time(key.window(0)), .integer(state.events), .number(Double(state.events) / 300),
            .integer(state.types.count), .integer(state.learners.count), .integer(state.revision))
    }
}
