import PluginAPI

/// What happens in a domain in an hour, in steps of five minutes, whoever does it.
struct Hours: SpreadReducer {
    static let id = "hours"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.all)
    static let key: Key = [.field("domain"), .hour]

    typealias Input = LearningEvent

    static let minutesPerStep = 5

    struct State: ReducerState {
        /// By the minute that it begins with.
        var steps: [Int: Step] = [:]
    }

    struct Step: Codable, Equatable {
        var events = 0
        var quizzes = 0
        var scores = Mean()
        var learners = DistinctSet()

        mutating func add(_ event: LearningEvent) {
            events += 1
            learners.insert(event.learner)
            guard event.isQuiz else { return }
            quizzes += 1
            scores.add(event.score)
        }

        mutating func merge(_ other: Step) {
            events += other.events
            quizzes += other.quizzes
            scores.merge(other.scores)
            learners.merge(other.learners)
        }
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        let minute = Int(event.time.seconds - Int64(event.time.hour) * 3_600) / 60
        state.steps[minute / minutesPerStep * minutesPerStep, default: Step()].add(event)
    }

    static func merge(_ state: inout State, _ other: State) {
        for (minute, step) in other.steps { state.steps[minute, default: Step()].merge(step) }
    }
}

/// A row for each five minutes with activity.
struct PaceTable: Table {
    typealias From = Hours
    let id = "pace"
    let title = "Activity over time"
    let columns: [Column] = [
        .text("domain", "Domain", key: true), .time("at", "From", key: true), .integer("events", "Events"),
        .integer("quizzes", "Quizzes"), .integer("learners", "Active learners"),
        .number("average_score", "Average score"),
    ]

    func rows(_ key: KeyView, _ state: Hours.State, into rows: Rows) {
        for (minute, step) in state.steps {
            let start = Timestamp(seconds: Int64(key.integer(1)) * 3_600 + Int64(minute) * 60)
            rows.add(
                key[0], .time(start), .integer(step.events), .integer(step.quizzes), .integer(step.learners.count),
                .number(step.scores.mean))
        }
    }
}
