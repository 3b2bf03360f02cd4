import PluginAPI

/// How far a learner has come in a domain.
struct Progress: Reducer {
    static let id = "progress"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.all)
    static let key: Key = [.actor, .field("domain")]

    typealias Input = LearningEvent

    struct State: ReducerState {
        /// Modules that were started, or viewed without the start being seen.
        var started: Set<String> = []
        var completed: Set<String> = []
        var quizzes = 0
        var logins = 0
        var taken = Mean()
        var last = Timestamp.distantPast
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        switch event.kind {
        case .started, .viewed: state.started.insert(event.module.string)
        case .completed: state.completed.insert(event.module.string)
        case .moduleQuiz, .diagnosticQuiz: state.quizzes += 1
        case .login: state.logins += 1
        case .domainSelected: break
        }
        state.taken.add(event.taken)
        state.last.raise(to: event.time)
    }
}

/// A row for each learner and domain.
struct ProgressTable: Table {
    typealias From = Progress
    let id = "user_engagement"
    let title = "Engagement by learner"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true),
        .integer("modules_started", "Modules started"), .integer("modules_completed", "Modules completed"),
        .integer("total_quiz_attempts", "Quiz attempts"), .number("total_time_seconds", "Time, s"),
        .time("last_activity_at", "Last activity"),
    ]

    func rows(_ key: KeyView, _ state: Progress.State, into rows: Rows) {
        rows.add(
            key[0], key[1], .integer(state.started.count), .integer(state.completed.count), .integer(state.quizzes),
            .number(state.taken.sum), .time(state.last))
    }
}

/// A row for each learner and domain with what a teacher looks at first.
struct LearnerTable: Table {
    typealias From = Progress
    let id = "learners"
    let title = "Learners"
    let columns: [Column] = [
        .text("learner", "Learner", key: true), .text("domain", "Domain", key: true),
        .number("average_score", "Average score"), .integer("quiz_attempts", "Quiz attempts"),
        .integer("modules_completed", "Modules completed"), .integer("logins", "Log-ins"),
        .number("minutes", "Minutes spent"), .time("last_activity", "Last activity"),
    ]

    func rows(_ key: KeyView, _ state: Progress.State, into rows: Rows) {
        let quizzes = rows.state(of: Quizzes.self, key[0], key[1])?.total
        rows.add(
            key[0], key[1], .number(quizzes?.scores.mean), .integer(state.quizzes), .integer(state.completed.count),
            .integer(state.logins), .number(state.taken.sum / 60), .time(state.last))
    }
}
