import Records

/// What a simulated student does.
struct SimulatedEvent {
    enum Activity {
        case login
        case domainSelected
        case diagnosticQuiz(score: Int)
        case moduleStarted
        /// `page` counts from 1.
        case moduleViewed(page: Int)
        case moduleQuiz(score: Int, attempt: Int)
        case moduleCompleted(score: Int)
        /// Advice to revise a module.
        case revision(urgency: StaticString)

        var type: StaticString {
            switch self {
            case .login: "user_login"
            case .domainSelected: "learning_domain_selected"
            case .diagnosticQuiz: "diagnostic_quiz_completed"
            case .moduleStarted: "module_started"
            case .moduleViewed: "module_viewed"
            case .moduleQuiz: "module_quiz_completed"
            case .moduleCompleted: "module_completed"
            case .revision: "revision_recommended"
            }
        }
    }

    var activity: Activity
    /// The student's number, from 0.
    var student: Int
    /// Counts the student's events from 1.
    var number: Int
    /// Milliseconds since the class began.
    var time: Int64
    var domain: String
    /// Nil for what is not about a module.
    var module: Curriculum.Module?
    /// Seconds that it took; nil for what takes none.
    var taken: Int?

    /// Adds the event as one JSON object, without a line's end.
    ///
    /// - Parameters:
    ///   - microseconds: when it happened, since 1970 UTC.
    ///   - run: tells this simulation's events from another's.
    func appendJSON(to json: inout Bytes, at microseconds: Int64, run: String) {
        json.append("{\"event_type\":\"")
        json.append(activity.type)
        json.append("\",\"event_id\":")
        json.appendJSON("\(run)-\(student)-\(number)")
        json.append(",\"user_id\":")
        json.appendJSON(Curriculum.name(of: student))
        json.append(",\"timestamp\":")
        // A client's clock counts milliseconds.
        json.appendJSON(microseconds: microseconds / 1000 * 1000)
        json.append(",\"domain\":")
        json.appendJSON(domain)
        if let module {
            json.append(",\"course\":")
            json.appendJSON(module.course)
            json.append(",\"module\":")
            json.appendJSON(module.id)
        }
        func member(_ name: StaticString, _ value: Int) {
            json.append(name)
            json.appendJSON(Int64(value))
        }
        switch activity {
        case .login, .domainSelected, .moduleStarted: break
        case .diagnosticQuiz(let score): member(",\"quiz_type\":\"diagnostic\",\"score\":", score)
        case .moduleViewed(let page): member(",\"page\":", page)
        case .moduleQuiz(let score, let attempt):
            member(",\"quiz_type\":\"module\",\"score\":", score)
            member(",\"attempt\":", attempt)
        case .moduleCompleted(let score): member(",\"score\":", score)
        case .revision(let urgency):
            json.append(",\"urgency\":\"")
            json.append(urgency)
            json.append("\"")
        }
        if let taken { member(",\"time_taken\":", taken) }
        json.append("}")
    }
}
