import PluginAPI

/// How learners do in quizzes and how far they have come in their modules: tables `quiz_analytics` and
/// `user_engagement`, and what a teacher's dashboard needs beside them.
struct QuizAnalytics: Plugin {
    struct Settings: PluginSettings {
        /// The average score, in percent, from which a learner counts as on track …
        var passMark = 70.0
        /// … and below which as in need of help.
        var helpMark = 50.0
    }

    let settings: Settings

    init(settings: Settings) throws {
        guard (0...100).contains(settings.passMark) else {
            throw SettingsError("passMark", expected: "a score in 0...100", found: "\(settings.passMark)")
        }
        guard (0...settings.passMark).contains(settings.helpMark) else {
            throw SettingsError(
                "helpMark", expected: "a score from 0 to passMark (\(settings.passMark))", found: "\(settings.helpMark)"
            )
        }
        self.settings = settings
    }

    var components: Components {
        Quizzes.self
        Progress.self
        Hours.self
        ModuleTotals.self
        QuizTable()
        ProgressTable()
        LearnerTable()
        ModuleTable()
        PaceTable()
        classDashboard
        QuizFunctions.forgetting
        QuizFunctions.mark
    }
}

@c(quiz_analytics_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    QuizAnalytics.create(host, settings, plugin)
}
