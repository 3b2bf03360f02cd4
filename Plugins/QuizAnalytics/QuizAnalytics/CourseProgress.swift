import PluginAPI

/// How far a learner has come in a course.
struct CourseProgress: Reducer {
    static let id = "course-progress"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.modules)
    static let key: Key = [.actor, .field("course")]

    typealias Input = LearningEvent

    struct State: ReducerState {
        /// Modules that were started, or viewed or completed without the start being seen.
        var started: Set<String> = []
        var completed: Set<String> = []
        var last = Timestamp.distantPast
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        let module = event.module.string
        state.started.insert(module)
        if event.kind == .completed { state.completed.insert(module) }
        state.last.raise(to: event.time)
    }
}

/// A row for each learner and course.
struct CourseProgressTable: Table {
    typealias From = CourseProgress
    let id = "course_progress"
    let title = "Progress by course"
    let columns: [Column] = [
        .text("user_id", "Learner", key: true), .text("course", "Course", key: true),
        .integer("modules_started", "Modules started"), .integer("modules_completed", "Modules completed"),
        .time("last_activity_at", "Last activity"),
    ]

    func rows(_ key: KeyView, _ state: CourseProgress.State, into rows: Rows) {
        rows.add(
            key[0], key[1], .integer(state.started.count), .integer(state.completed.count), .time(state.last))
    }
}
