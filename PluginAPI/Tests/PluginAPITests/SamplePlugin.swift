import PluginAPI

struct PlainReason: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A plugin that uses all of the SDK.
struct SamplePlugin: Plugin {
    struct Settings: PluginSettings {
        var passMark = 50
        var title = "Scores"
        var limits = Limits()
        var note: String?

        struct Limits: Codable { var low = 0.0; var high: Double = 100 }
    }

    let settings: Settings

    init(settings: Settings) throws {
        guard (0...100).contains(settings.passMark) else {
            throw SettingsError("passMark", expected: "a score in 0...100", found: "\(settings.passMark)")
        }
        self.settings = settings
    }

    var components: Components {
        Scores.self
        Modules.self
        Everything.self
        ModuleTotals.self
        ScoreTable(passMark: settings.passMark, title: settings.title)
        ModuleTable()
        Words()
        if settings.note == nil { dashboard }
    }

    private var dashboard: Dashboard {
        Dashboard("class", title: "Class", empty: "Nothing yet.", filters: [.init("module", title: "Module")]) {
            Panel.number("Mean", table: "scores", .mean("score")).unit("%").where("score", .atLeast(1))
            Panel.tiles(
                "Students", table: "scores", name: "student", value: "score",
                status: Status("score", .when(.below(50), "help", .alert), .otherwise("fine", .good)),
                details: ["module"], sort: .ascending("score").then(.descending("last")), limit: 20)
            Panel.line("Time", table: "scores", x: "last", .count, bucket: .hour)
            Panel.text("Read me", "One.\n\nTwo.")
        }
    }
}

struct ScoreEvent: EventInput {
    let score: Double
    let label: String
    let at: Timestamp

    init(_ event: Event) throws {
        score = try event.number("score", in: 0...100)
        label = try event.optionalString("label") ?? "none"
        at = event.time
    }
}

struct Scores: Reducer {
    static let id = "scores"
    static let version = 2
    static let events: EventFilter = .types("quiz", "exam")
    static let key: Key = [.actor, .field("module")]

    typealias Input = ScoreEvent

    struct State: ReducerState, Equatable {
        var scores = Mean()
        var labels: Set<String> = []
        var last: Timestamp?
    }

    /// As version 1 stored it.
    struct First: Codable { var labels: [String] }

    static var migrations: [Migration<State>] {
        [
            .from(1) { (old: First) in
                guard !old.labels.isEmpty else { throw PlainReason("no label") }
                return State(labels: Set(old.labels))
            },
            .to(1) { First(labels: $0.labels.sorted()) },
        ]
    }

    static func reduce(_ state: inout State, _ input: ScoreEvent) {
        state.scores.add(input.score)
        state.labels.insert(input.label)
        state.last.raise(to: input.at)
    }

    static func external(_ state: State) -> [String: Int] { ["count": state.scores.count] }
}

struct Modules: SpreadReducer {
    static let id = "modules"
    static let version = 1
    static let events: EventFilter = .types("quiz")
    static let key: Key = [.field("module"), .day]

    typealias Input = ScoreEvent

    struct State: ReducerState, Equatable { var count = 0; var labels: [String: Int] = [:] }

    static func reduce(_ state: inout State, _ input: ScoreEvent) {
        state.count += 1
        state.labels[input.label, default: 0] += 1
    }

    static func merge(_ state: inout State, _ other: State) {
        state.count += other.count
        state.labels.merge(other.labels) { $0 + $1 }
    }
}

/// Counts every event, and needs nothing of it.
struct Everything: Reducer {
    static let id = "everything"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.actor]

    typealias Input = Event
    typealias State = Int

    static func reduce(_ state: inout Int, _ event: Event) { state += event.has("score") ? 1 : 100 }
}

/// Counts events, and hours of silence after each.
struct Silence: TimedReducer {
    static let id = "silence"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.actor]

    typealias Input = Event

    struct State: ReducerState, Equatable {
        var last: Timestamp?
        var hours = 0
    }

    static func reduce(_ state: inout State, _ event: Event) {
        state.last = event.time
        state.hours = 0
    }

    static func due(_ state: State) -> Timestamp? {
        state.last.map { Timestamp(seconds: $0.seconds + Int64(state.hours + 1) * 3_600) }
    }

    static func tick(_ state: inout State, at time: Timestamp) {
        guard let last = state.last else { return }
        state.hours = Int((time.seconds - last.seconds) / 3_600)
    }
}

/// A spread reducer may have a timer, too.
struct SpreadSilence: SpreadReducer, TimedReducer {
    static let id = "spread-silence"
    static let version = 1
    static let events: EventFilter = .all
    static let key: Key = [.day]

    typealias Input = Event
    typealias State = Int

    static func reduce(_ state: inout Int, _ event: Event) { state += 1 }
    static func merge(_ state: inout Int, _ other: Int) { state += other }
    static func due(_ state: Int) -> Timestamp? { nil }
    static func tick(_ state: inout Int, at time: Timestamp) {}
}

/// What is scored in an hour.
struct HourlyScores: WindowedReducer {
    static let id = "hourly-scores"
    static let version = 1
    static let events: EventFilter = .types("quiz")
    static let key: Key = [.actor, .window]
    static let windows: Windows = .hopping(
        .hours(1), every: .minutes(15), offset: .seconds(90), disorder: .seconds(5), grace: .hours(2),
        retention: .days(3))

    typealias Input = ScoreEvent

    struct State: WindowState, Equatable { var revision = 0; var count = 0 }

    static func reduce(_ state: inout State, _ input: ScoreEvent) { state.count += 1 }
}

/// A spread reducer may have windows, too; these stay for good.
struct SpreadScores: SpreadReducer, WindowedReducer {
    static let id = "spread-scores"
    static let version = 1
    static let events: EventFilter = .types("quiz")
    static let key: Key = [.window]
    static let windows: Windows = .tumbling(.days(1))

    typealias Input = ScoreEvent

    struct State: WindowState { var revision = 0; var count = 0 }

    static func reduce(_ state: inout State, _ input: ScoreEvent) { state.count += 1 }

    static func merge(_ state: inout State, _ other: State) {
        state.revision += other.revision
        state.count += other.count
    }
}

struct ModuleTotals: Aggregator {
    typealias Of = Scores
    static let id = "module-totals"
    static let group: Key = [.field("module")]

    struct State: ReducerState { var students = 0; var scores = Mean() }

    static func add(_ total: inout State, _ key: KeyView, _ state: Scores.State) {
        total.students += 1
        total.scores.merge(state.scores)
    }

    static func retract(_ total: inout State, _ key: KeyView, _ state: Scores.State) {
        total.students -= 1
        total.scores.subtract(state.scores)
    }
}

struct ScoreTable: Table {
    typealias From = Scores
    let passMark: Int
    let id = "scores"
    let title: String
    let columns: [Column] = [
        .text("student", key: true), .text("module", key: true), .number("score"), .boolean("passed"), .time("last"),
        .text("labels"), .integer("all"),
    ]

    init(passMark: Int, title: String) {
        self.passMark = passMark
        self.title = title
    }

    func rows(_ key: KeyView, _ state: Scores.State, into rows: Rows) {
        let all = rows.state(of: Everything.self, key[0])
        rows.add(
            key[0], .text(key.text(1)), .number(state.scores.mean),
            .boolean(state.scores.mean.map { $0 >= Double(passMark) } ?? false), .time(state.last),
            .string(state.labels.sorted().joined(separator: "+")), all.map { .integer($0) } ?? .null)
    }
}

struct ModuleTable: Table {
    typealias From = ModuleTotals
    let id = "modules"
    let title = "Modules"
    let columns: [Column] = [.text("module", key: true), .integer("students")]

    func rows(_ key: KeyView, _ state: ModuleTotals.State, into rows: Rows) {
        rows.add(key[0], .integer(state.students))
    }
}

/// Each word of a line is an event.
struct Words: Source {
    let id = "words"

    func decode(_ line: Text, into output: SourceOutput) throws {
        if line == "bad" { throw EventError(field: "line", expected: "words", found: "bad") }
        for word in line.string.split(separator: " ") {
            var json = JSONWriter()
            json.object { $0.member("word", String(word)) }
            json.withText { payload in
                output.emit(
                    SourceEvent(
                        payload: payload, actor: "reader", type: "word", time: Timestamp(seconds: 7),
                        precision: .second,
                        fields: [("length", .integer(word.count)), ("word", .string(String(word)))]))
            }
        }
    }
}
