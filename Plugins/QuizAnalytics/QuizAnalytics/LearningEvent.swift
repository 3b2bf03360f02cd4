import PluginAPI

/// What a learner does on the platform: takes a quiz, opens, views or finishes a module, logs in,
/// chooses a domain.
struct LearningEvent: EventInput {
    enum Kind { case moduleQuiz, diagnosticQuiz, started, viewed, completed, login, domainSelected }

    static let quizzes = ["module_quiz_completed", "diagnostic_quiz_completed"]
    static let modules = ["module_started", "module_viewed", "module_completed"]
    static let all = quizzes + modules + ["user_login", "login"]
    static let selections = ["learning_domain_selected"]
    /// By which it shows that a learner is there.
    static let presence = all + selections

    let kind: Kind
    /// Empty where there is none, as in logins and some diagnostic quizzes.
    let module: Text
    let course: Text
    /// In percent; of quizzes.
    let score: Double
    /// Seconds; 0 where the event says nothing.
    let taken: Double
    let time: Timestamp
    let learner: UInt64

    var isQuiz: Bool { kind == .moduleQuiz || kind == .diagnosticQuiz }

    init(_ event: Event) throws {
        switch event.type {
        case "module_quiz_completed": kind = .moduleQuiz
        case "diagnostic_quiz_completed": kind = .diagnosticQuiz
        case "module_started": kind = .started
        case "module_viewed": kind = .viewed
        case "module_completed": kind = .completed
        case "learning_domain_selected": kind = .domainSelected
        default: kind = .login
        }
        switch kind {
        case .login, .domainSelected: module = ""
        case .diagnosticQuiz: module = try event.optionalText("module") ?? ""
        default: module = try event.text("module", length: 1...)
        }
        score = kind == .moduleQuiz || kind == .diagnosticQuiz ? try event.number("score", in: 0...100) : 0
        course = try event.optionalText("course") ?? ""
        taken = try event.optionalNumber("time_taken", in: 0...1e9) ?? 0
        time = event.time
        learner = event.actorHash
    }
}
