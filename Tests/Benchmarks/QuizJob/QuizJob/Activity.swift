import PluginAPI

/// Any event of the job, checked as the job demands: an event that breaks a rule counts nowhere.
struct Activity: EventInput {
    enum Kind { case quiz, viewed, login, other }

    let kind: Kind
    let score: Int
    let taken: Int
    let seconds: Int64
    let user: UInt64

    init(_ event: Event) throws {
        let type = try event.text("event_type", length: 1...)
        _ = try event.text("user_id", length: 1...)
        _ = try event.text("domain", length: 1...)
        _ = try event.text("client_attempt_id", length: 1...)
        let stamp = try event.text("timestamp", length: 20...)
        guard stamp.hasSuffix("Z") else {
            throw EventError(field: "timestamp", expected: "a time in UTC that ends in Z", found: stamp.string)
        }
        seconds = try event.claimedTime.seconds
        user = event.actorHash
        switch type {
        case "module_quiz_completed":
            kind = .quiz
            _ = try event.text("module", length: 1...)
            score = try event.integer("score", in: 0...100)
            taken = try event.integer("time_taken", in: 0...1_000_000_000)
            return
        case "module_viewed": kind = .viewed
        case "login": kind = .login
        default: kind = .other
        }
        score = 0
        taken = 0
    }
}
