import PluginAPI

/// How quizzes of a domain turn out, whoever takes them.
struct QuizScores: SpreadReducer {
    static let id = "quiz-scores"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.quizzes)
    static let key: Key = [.field("domain")]

    typealias Input = LearningEvent

    struct State: ReducerState {
        var modules: [String: Scores] = [:]
        /// By the module that they name; empty where they name none.
        var diagnostics: [String: Scores] = [:]
    }

    struct Scores: Codable, Equatable {
        var scores = Mean()
        var taken = Mean()
        /// Attempts by whole percent, rounded down. From these any mark of whole percent divides those that pass from
        /// those that fail, so that it can be changed without folding anew.
        var percents: [Int: Int] = [:]

        mutating func add(_ event: LearningEvent) {
            scores.add(event.score)
            taken.add(event.taken)
            percents[Int(event.score), default: 0] += 1
        }

        mutating func merge(_ other: Scores) {
            scores.merge(other.scores)
            taken.merge(other.taken)
            percents.merge(other.percents) { $0 + $1 }
        }

        /// Attempts with at least so many whole percent.
        func passes(_ passMark: Int) -> Int {
            percents.reduce(0) { $1.key >= passMark ? $0 + $1.value : $0 }
        }

        /// Attempts by buckets of ten percent; a hundred counts to the last.
        var buckets: [Int: Int] {
            percents.reduce(into: [:]) { $0[min($1.key / 10, 9) * 10, default: 0] += $1.value }
        }
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        if event.kind == .diagnosticQuiz {
            state.diagnostics[event.module.string, default: Scores()].add(event)
        } else {
            state.modules[event.module.string, default: Scores()].add(event)
        }
    }

    static func merge(_ state: inout State, _ other: State) {
        for (module, scores) in other.modules { state.modules[module, default: Scores()].merge(scores) }
        for (quiz, scores) in other.diagnostics { state.diagnostics[quiz, default: Scores()].merge(scores) }
    }
}

/// A row for each module with quizzes: how they turn out, and how many attempts are passed.
struct ModulePerformanceTable: Table {
    typealias From = QuizScores
    /// In whole percent.
    let passMark: Int
    let id = "module_performance"
    let title = "Module performance"
    let columns: [Column] = [
        .text("domain", "Domain", key: true), .text("module", "Module", key: true),
        .integer("attempts", "Attempts"), .number("average_score", "Average score"),
        .number("score_sum", "Sum of scores"), .number("average_time_taken", "Average time, s"),
        .number("time_sum", "Sum of times, s"), .integer("pass_count", "Passed"),
        .integer("failure_count", "Failed"),
    ]

    func rows(_ key: KeyView, _ state: QuizScores.State, into rows: Rows) {
        for (module, quizzes) in state.modules {
            let passes = quizzes.passes(passMark)
            rows.add(
                key[0], .string(module), .integer(quizzes.scores.count), .number(quizzes.scores.mean),
                .number(quizzes.scores.sum), .number(quizzes.taken.mean), .number(quizzes.taken.sum), .integer(passes),
                .integer(quizzes.scores.count - passes))
        }
    }
}

/// A row for each ten percent in which a diagnostic quiz has scores.
struct ScoreDistributionTable: Table {
    typealias From = QuizScores
    let id = "score_distribution"
    let title = "Scores of diagnostic quizzes"
    let columns: [Column] = [
        .text("domain", "Domain", key: true), .text("quiz", "Module of the quiz", key: true),
        .integer("bucket", "From, %", key: true), .integer("count", "Attempts"),
    ]

    func rows(_ key: KeyView, _ state: QuizScores.State, into rows: Rows) {
        for (quiz, scores) in state.diagnostics {
            for (bucket, count) in scores.buckets {
                rows.add(key[0], .string(quiz), .integer(bucket), .integer(count))
            }
        }
    }
}
