import PluginAPI

/// How learners do in quizzes, how far they have come in their modules and what comes next, and who is there when:
/// tables `quiz_analytics` and `user_engagement`, and what teachers' dashboards need beside them.
struct QuizAnalytics: Plugin {
    struct Settings: PluginSettings {
        /// The score, in whole percent, from which a quiz counts as passed, and the average from which a learner counts
        /// as on track …
        var passMark = 70.0
        /// … and below which as in need of help.
        var helpMark = 50.0
        /// Minutes without an event that end a session, at least 1.
        var sessionGap = 30.0
        /// The modules in their order, see `Curriculum`. Without any, no next module is named.
        var curriculum: [Curriculum.Module] = []
    }

    let settings: Settings
    let curriculum: Curriculum

    init(settings: Settings) throws {
        guard (0...100).contains(settings.passMark) else {
            throw SettingsError("passMark", expected: "a score in 0...100", found: "\(settings.passMark)")
        }
        guard (0...settings.passMark).contains(settings.helpMark) else {
            throw SettingsError(
                "helpMark", expected: "a score from 0 to passMark (\(settings.passMark))", found: "\(settings.helpMark)"
            )
        }
        guard settings.passMark == settings.passMark.rounded() else {
            throw SettingsError("passMark", expected: "whole percent", found: "\(settings.passMark)")
        }
        guard (1...1_440).contains(settings.sessionGap) else {
            throw SettingsError("sessionGap", expected: "1 to 1440 minutes", found: "\(settings.sessionGap)")
        }
        curriculum = try Curriculum(settings.curriculum)
        self.settings = settings
    }

    var components: Components {
        Quizzes.self
        Progress.self
        Hours.self
        QuizScores.self
        Presence.self
        DomainSelections.self
        CourseProgress.self
        ModuleTotals.self
        DailyUsers.self
        DomainPopularity.self
        QuizTable()
        ProgressTable()
        LearnerTable()
        ModuleTable()
        PaceTable()
        ModulePerformanceTable(passMark: Int(settings.passMark))
        ScoreDistributionTable()
        DailyUsersTable()
        SessionTable(gap: Int64(settings.sessionGap * 60))
        DomainPopularityTable()
        CourseProgressTable()
        NextModuleTable(curriculum: curriculum)
        classDashboard
        engagementDashboard
        QuizFunctions.forgetting
        QuizFunctions.mark
    }
}

@c(quiz_analytics_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    QuizAnalytics.create(host, settings, plugin)
}
