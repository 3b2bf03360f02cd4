import MemoryModels
import PluginAPI

/// What learners remember, and when they should revise: tables `memory_scores` and `revision_signals`, by the rule of
/// the platform's guide or by FSRS-6, which run side by side on one log.
struct MemoryScore: Plugin {
    typealias Settings = MemorySettings

    static let models = ReducerSettings(Models(MemorySettings()))

    private let models: Models

    init(settings: MemorySettings) throws {
        try settings.check()
        models = Models(settings)
        try Self.models.fix(models)
    }

    var components: Components {
        Memories.self
        CalibrationTotals.self
        MemoryTable(models: models)
        SignalTable(models: models)
        ModelTable(models: models)
        BaselineTable(models: models)
        CalibrationTable(model: models.settings.model)
        revisionDashboard
    }
}

@c(memory_score_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    MemoryScore.create(host, settings, plugin)
}
