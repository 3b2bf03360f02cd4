extension PublishedEvent {
    /// What an event that is published at this address holds.
    package var schema: EventSchema {
        switch self {
        case .login:
            schema("A log-in", "A learner logs in to the platform.", [Self.field(.optional, "domain")])
        case .domain:
            schema("A domain is selected", "A learner chooses what to learn.", [Self.field(.required, "domain")])
        case .diagnostic:
            schema(
                "A diagnostic quiz", "A learner has taken the quiz that shows what is known before the first module.",
                [
                    Self.field(.required, "domain"), Self.field(.optional, "course"), Self.field(.optional, "module"),
                    Self.score(.required), Self.timeTaken,
                ])
        case .quiz:
            schema(
                "A module's quiz", "A learner has taken a quiz on a module.",
                Self.module + [Self.score(.required), Self.timeTaken])
        case .completion:
            schema(
                "A module is completed", "A learner is done with a module.",
                Self.module + [Self.score(.optional), Self.timeTaken])
        case .revision:
            schema(
                "A revision", "A learner is advised to revise a module; with a score, the learner has revised it.",
                Self.module + [
                    .optional("urgency", .choice(["high", "medium", "low"]), "How urgent it is."),
                    .optional("scheduled_at", .time, "When to revise; without it, now."), Self.score(.optional),
                    Self.timeTaken,
                ])
        }
    }

    private enum Need { case required, optional }

    private func schema(_ title: String, _ about: String, _ fields: [EventSchema.Field]) -> EventSchema {
        let common: [EventSchema.Field] = [
            .optional("event_type", .choice(["\(type)"]), "The type; the address says it as well."),
            .optional("event", .choice(["\(type)"]), "The type, as other clients call it."),
            .required(
                EventSchema.actorField, Self.name,
                "Whose event it is. It may be missing where a token says who sends it, or a field that ingest.actor names."
            ),
            .optional("timestamp", .time, "When it happened; without it, when it arrives."),
            .optional("event_id", Self.name, "The client's name for the event."),
        ]
        return EventSchema(type: "\(type)", title: title, about: about, fields: common + fields)
    }

    private static let name = EventSchema.Field.Form.text(longest: 1_024)

    private static let module = [field(.required, "domain"), field(.optional, "course"), field(.required, "module")]

    private static let timeTaken = EventSchema.Field.optional(
        "time_taken", .number(0...1e9), "How long it took, in seconds.")

    private static func score(_ need: Need) -> EventSchema.Field {
        EventSchema.Field(name: "score", form: .number(0...100), isRequired: need == .required, about: "In percent.")
    }

    private static func field(_ need: Need, _ name: String) -> EventSchema.Field {
        EventSchema.Field(
            name: name, form: Self.name, isRequired: need == .required,
            about: "The \(name), by the platform's name for it.")
    }
}
