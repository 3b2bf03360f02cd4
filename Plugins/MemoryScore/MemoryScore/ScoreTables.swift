import MemoryModels
import PluginAPI

/// A row for each learner and module with a review. What changes with time alone is as of the last review or tick.
struct MemoryTable: Table {
    typealias From = Memories
    let models: Models
    let id = "memory_scores"
    let title = "Memory by learner and module"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true),
        .text("module", "Module", key: true), .number("current_score", "Score"),
        .integer("forgetting_score", "Forgotten"), .text("revision_urgency", "Urgency"),
        .time("last_reviewed_at", "Last review"), .time("next_review_at", "Next review"),
        .number("decay_factor", "Decay by day"), .integer("reviews", "Reviews"), .boolean("due", "Due"),
        .time("as_of", "As of"),
    ]

    func rows(_ key: KeyView, _ state: Memories.State, into rows: Rows) {
        let model = models.settings.model
        for (name, module) in state.modules {
            guard let memory = module.memory else { continue }
            let moment = state.moment(memory)
            let urgency = models.urgency(of: module.signals.open, memory, at: moment)
            rows.add(
                key[0], key[1], .string(name), .number(memory.score), .integer(models.forgetting(memory, at: moment)),
                .string(urgency.rawValue), .time(memory.last), .time(models.due(memory, by: model)),
                .number(models.decayFactor(memory, by: model)), .integer(memory.reviews),
                .boolean(module.signals.open?.dueAt != nil), .time(moment))
        }
    }
}

/// A row for each revision of a learner's: those that are done, and the one to come.
struct SignalTable: Table {
    typealias From = Memories
    let models: Models
    let id = "revision_signals"
    let title = "Revisions"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true),
        .text("module_id", "Module", key: true), .text("urgency_level", "Urgency"),
        .time("scheduled_at", "Scheduled"), .time("reviewed_at", "Reviewed"),
        .time("created_at", "Created", key: true), .boolean("due", "Due"), .time("due_at", "Due since"),
    ]

    func rows(_ key: KeyView, _ state: Memories.State, into rows: Rows) {
        for (name, module) in state.modules {
            func add(_ signal: Signals.Signal, _ urgency: Urgency) {
                rows.add(
                    key[0], key[1], .string(name), .string(urgency.rawValue), .time(signal.scheduled),
                    .time(signal.reviewed), .time(signal.created),
                    .boolean(signal.reviewed == nil && signal.dueAt != nil), .time(signal.dueAt))
            }
            for signal in module.signals.done { add(signal, signal.urgency ?? .low) }
            guard let open = module.signals.open else { continue }
            let urgency = module.memory.map { models.urgency(of: open, $0, at: state.moment($0)) }
            add(open, urgency ?? open.urgency ?? .low)
        }
    }
}

/// A row for each learner, module and model: the models side by side.
struct ModelTable: Table {
    typealias From = Memories
    let models: Models
    let id = "memory_models"
    let title = "Models of memory"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true),
        .text("module", "Module", key: true), .text("model", "Model", key: true),
        .number("retrievability", "Probability of recall"), .number("stability_days", "Stability, days"),
        .number("difficulty", "Difficulty"), .time("next_review_at", "Next review"),
    ]

    func rows(_ key: KeyView, _ state: Memories.State, into rows: Rows) {
        for (name, module) in state.modules {
            guard let memory = module.memory else { continue }
            for model in [MemorySettings.ModelName.ebbinghaus, .fsrs6] {
                rows.add(
                    key[0], key[1], .string(name), .string(model.rawValue),
                    .number(models.retrievability(of: memory, at: state.moment(memory), by: model)),
                    .number(models.stability(memory, by: model)),
                    model == .fsrs6 ? .number(memory.fsrs6.difficulty) : .null, .time(models.due(memory, by: model)))
            }
        }
    }
}

/// A row for each learner and domain with a diagnostic quiz: what the learner's modules begin with.
struct BaselineTable: Table {
    typealias From = Memories
    let models: Models
    let id = "memory_baselines"
    let title = "Baselines"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("domain", "Domain", key: true), .number("score", "Score"),
        .time("set_at", "Set"), .number("interval_days", "Interval, days"),
        .number("stability_days", "Stability (FSRS), days"),
    ]

    func rows(_ key: KeyView, _ state: Memories.State, into rows: Rows) {
        guard let baseline = state.baseline else { return }
        rows.add(
            key[0], key[1], .number(baseline.score), .time(baseline.last), .number(baseline.ebbinghaus.interval),
            .number(baseline.fsrs6.stability))
    }
}
