import PluginAPI

/// The benchmark's job: attempts by student and module, engagement by student and domain, hours by module.
struct QuizJob: Plugin {
    init(settings: NoSettings) {}

    var components: Components {
        Attempts.self
        Engagement.self
        Windows.self
        AttemptTable()
        EngagementTable()
        WindowTable()
    }
}

@c(quiz_job_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    QuizJob.create(host, settings, plugin)
}
