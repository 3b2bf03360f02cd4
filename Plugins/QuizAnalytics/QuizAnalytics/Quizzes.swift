import PluginAPI

/// How a learner did in the quizzes of a domain.
struct Quizzes: Reducer {
    static let id = "quizzes"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.quizzes)
    static let key: Key = [.actor, .field("domain")]

    typealias Input = LearningEvent

    struct State: ReducerState {
        var results: [Quiz: Result] = [:]

        /// Of all quizzes together.
        var total: Result {
            results.values.reduce(into: Result()) { total, result in total.merge(result) }
        }

        /// Of the modules' own quizzes, in whatever course.
        var modules: [String: Result] {
            results.reduce(into: [:]) { modules, entry in
                guard entry.key.type == .module else { return }
                modules[entry.key.module, default: Result()].merge(entry.value)
            }
        }
    }

    struct Quiz: Codable, Hashable {
        var type: QuizType
        var course: String
        var module: String
    }

    enum QuizType: String, Codable { case diagnostic, module }

    struct Result: Codable, Equatable {
        var scores = Mean()
        var taken = Mean()
        var last = Timestamp.distantPast

        mutating func add(_ event: LearningEvent) {
            scores.add(event.score)
            taken.add(event.taken)
            last.raise(to: event.time)
        }

        mutating func merge(_ other: Result) {
            scores.merge(other.scores)
            taken.merge(other.taken)
            last.raise(to: other.last)
        }
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        let quiz = Quiz(
            type: event.kind == .diagnosticQuiz ? .diagnostic : .module, course: event.course.string,
            module: event.module.string)
        state.results[quiz, default: Result()].add(event)
    }
}

/// A row for each quiz that a learner took.
struct QuizTable: Table {
    typealias From = Quizzes
    let id = "quiz_analytics"
    let title = "Quizzes by learner"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true),
        .text("course", "Course", key: true),
        .text("module", "Module", key: true), .text("quiz_type", "Kind of quiz", key: true),
        .integer("attempt_count", "Attempts"), .number("average_score", "Average score"),
        .number("average_time_taken", "Average time, s"), .time("last_attempted_at", "Last attempt"),
        .number("score_sum", "Sum of scores"), .number("time_sum", "Sum of times, s"),
    ]

    func rows(_ key: KeyView, _ state: Quizzes.State, into rows: Rows) {
        for (quiz, result) in state.results {
            rows.add(
                key[0], key[1], .string(quiz.course), .string(quiz.module), .string(quiz.type.rawValue),
                .integer(result.scores.count), .number(result.scores.mean), .number(result.taken.mean),
                .time(result.last), .number(result.scores.sum), .number(result.taken.sum))
        }
    }
}
