import MemoryModels
import PluginAPI

/// What a learner remembers of the modules of a domain.
struct Memories: TimedReducer {
    static let id = "memories"
    static let version = 1
    static let events: EventFilter = .only(ReviewEvent.types)
    static let key: Key = [.actor, .field("domain")]

    typealias Input = ReviewEvent

    private static var models: Models { MemoryScore.models.current }

    struct State: ReducerState {
        var modules: [String: Module] = [:]
        /// What modules begin with: the domain's last diagnostic quiz.
        var baseline: Models.Memory?
        /// The latest moment that ticks have told of.
        var seen = Timestamp.distantPast
        var habit = Habit()
        var calibration = Calibration()

        /// As of when a memory's row is to be read.
        func moment(_ memory: Models.Memory) -> Timestamp { max(seen, memory.last) }
    }

    struct Module: Codable, Equatable {
        /// Nil before the first review.
        var memory: Models.Memory?
        var signals = Signals()
        /// When time alone changes it next.
        var next: Timestamp?
    }

    static func reduce(_ state: inout State, _ event: ReviewEvent) {
        let models = models
        guard let score = event.score ?? (event.kind == .completion ? models.settings.assumedScore : nil) else {
            return recommend(&state, event, models)
        }
        if event.kind == .diagnostic, event.module.isEmpty {
            state.baseline = models.review(nil, score: score, at: event.time)
            state.baseline?.reviews = 0
            if event.score != nil { state.habit.add(isRecalled: score >= models.settings.passMark) }
            return
        }
        var module = state.modules[event.module.string] ?? Module(memory: nil)
        let before = module.memory ?? state.baseline
        if event.score != nil { predict(&state, module.memory, score, event.time, models) }
        let urgency =
            module.memory.map { models.urgency(of: module.signals.open, $0, at: max(state.seen, event.time)) } ?? .low
        let memory = models.review(before, score: score, at: event.time)
        module.memory = memory
        module.signals.review(
            at: event.time, urgency: urgency, next: models.due(memory, by: models.settings.model),
            keeping: models.settings.signalsKept)
        plan(&module, state.moment(memory), models)
        state.modules[event.module.string] = module
    }

    /// Advice to revise is no review: it makes the revision due, and looks again at how urgent it is.
    private static func recommend(_ state: inout State, _ event: ReviewEvent, _ models: Models) {
        // A client's clock may be ahead, the host's is not.
        state.seen.raise(to: min(event.time, event.received))
        state.modules[event.module.string, default: Module(memory: nil)].signals.recommend(event)
        plan(&state, models)
    }

    /// Compares what was foretold with what came.
    private static func predict(
        _ state: inout State, _ memory: Models.Memory?, _ score: Double, _ time: Timestamp, _ models: Models
    ) {
        let isRecalled = score >= models.settings.passMark
        if let memory, time.days(since: memory.last) >= models.settings.calibrationDays {
            func probability(_ model: MemorySettings.ModelName) -> Double {
                models.retrievability(of: memory, at: time, by: model)
            }
            state.calibration.ebbinghaus.add(probability(.ebbinghaus), isRecalled: isRecalled)
            state.calibration.fsrs6.add(probability(.fsrs6), isRecalled: isRecalled)
            state.calibration.constant.add(state.habit.constant, isRecalled: isRecalled)
            state.calibration.movingAverage.add(state.habit.movingAverage, isRecalled: isRecalled)
        }
        state.habit.add(isRecalled: isRecalled)
    }

    // MARK: - Time

    static func due(_ state: State) -> Timestamp? { state.modules.values.compactMap(\.next).min() }

    static func tick(_ state: inout State, at time: Timestamp) {
        state.seen.raise(to: time)
        for name in state.modules.keys { state.modules[name]?.signals.tick(at: time) }
        plan(&state, models)
    }

    private static func plan(_ state: inout State, _ models: Models) {
        for name in state.modules.keys {
            guard var module = state.modules[name] else { continue }
            plan(&module, module.memory.map(state.moment) ?? state.seen, models)
            state.modules[name] = module
        }
    }

    /// Sets when time changes a module next, as seen from `moment`.
    private static func plan(_ module: inout Module, _ moment: Timestamp, _ models: Models) {
        let change = module.memory.flatMap { models.nextChange(of: $0, after: moment) }
        let due = module.signals.open.flatMap { $0.dueAt == nil ? $0.scheduled : nil }
        module.next = [change, due].compactMap { $0 }.min()
    }
}

extension Models {
    /// How urgent a module's next revision is: by what is forgotten, or more so if somebody says so.
    func urgency(of signal: Signals.Signal?, _ memory: Memory, at time: Timestamp) -> Urgency {
        max(settings.urgency.urgency(forgetting(memory, at: time)), signal?.urgency ?? .low)
    }
}
