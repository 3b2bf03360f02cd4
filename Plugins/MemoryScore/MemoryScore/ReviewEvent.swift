import PluginAPI

/// What bears on a learner's memory: a quiz, the completion of a module, a revision or the advice to revise.
struct ReviewEvent: EventInput {
    enum Kind { case quiz, diagnostic, completion, revision }

    static let types = [
        "module_quiz_completed", "diagnostic_quiz_completed", "module_completed", "revision_recommended",
    ]

    let kind: Kind
    /// Empty for a diagnostic quiz of the whole domain.
    let module: Text
    /// In percent; nil where a completion or revision states none.
    let score: Double?
    /// What a recommendation asks for.
    let urgency: Urgency?
    let scheduled: Timestamp?
    let time: Timestamp
    /// By the host's clock.
    let received: Timestamp

    init(_ event: Event) throws {
        switch event.type {
        case "module_quiz_completed": kind = .quiz
        case "diagnostic_quiz_completed": kind = .diagnostic
        case "module_completed": kind = .completion
        default: kind = .revision
        }
        module = kind == .diagnostic ? try event.optionalText("module") ?? "" : try event.text("module", length: 1...)
        switch kind {
        case .quiz, .diagnostic: score = try event.number("score", in: 0...100)
        case .completion, .revision: score = try event.optionalNumber("score", in: 0...100)
        }
        urgency = kind == .revision ? try Self.urgency(event) : nil
        scheduled = kind == .revision ? try event.optionalTime("scheduled_at") : nil
        time = event.time
        received = event.received
    }

    private static func urgency(_ event: Event) throws -> Urgency? {
        guard let text = try event.optionalText("urgency") else { return nil }
        guard let urgency = Urgency(rawValue: text.string) else {
            throw EventError(field: "urgency", expected: "high, medium or low", found: text.string)
        }
        return urgency
    }
}
