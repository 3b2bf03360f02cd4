import PluginAPI

/// Who the learner of an event is and what the item is like, and what follows from both: the members `user_context`,
/// `item_context` and `derived_context` of events. Without effect until the host's settings name sources for the enrichers
/// `user-context` and `item-context`.
struct LearnerContext: Plugin {
    struct Settings: PluginSettings {
        /// The fields of events that name the item, say how long it took (seconds), and how well it went (percent).
        var item = "item_id"
        var timeTaken = "time_taken"
        var score = "score"

        init() {}
    }

    private let settings: Settings

    init(settings: Settings) throws {
        for (name, path) in [("item", settings.item), ("timeTaken", settings.timeTaken), ("score", settings.score)]
        where path.isEmpty {
            throw SettingsError(name, expected: "the name of a field", found: "an empty text")
        }
        self.settings = settings
    }

    var components: Components {
        userContext
        itemContext(by: settings.item)
        Derived.responseTime
        Derived.difficultyMatch
        Derived.timeOfDay
        Derived.performance
        DerivedMember(
            "derived_context", "response_time", calling: "response_time_category", .field(settings.timeTaken),
            .field("item_context.average_time"))
        DerivedMember(
            "derived_context", "difficulty_match", calling: "difficulty_match", .field("user_context.average_score"),
            .field("item_context.difficulty"))
        DerivedMember(
            "derived_context", "time_of_day", calling: "time_of_day", .time, .field("user_context.timezone"))
        DerivedMember(
            "derived_context", "performance_vs_expected", calling: "performance_vs_expected", .field(settings.score),
            .field("user_context.average_score"), .field("item_context.average_score"))
    }
}

@c(learner_context_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    LearnerContext.create(host, settings, plugin)
}
