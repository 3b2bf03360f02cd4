import PluginAPI

/// A row for each learner who was ever active in a course, enrolled or not.
struct LearnerTable: Table {
    typealias From = Activity
    let id = "course_learners"
    let title = "Learners by course"
    let columns: [Column] = [
        .text("username", "Learner", key: true), .text("course_id", "Course", key: true),
        .integer("days_active", "Days active"), .integer("problem_attempts", "Problem attempts"),
        .number("solved", "Problems solved"), .integer("videos_played", "Videos played"),
        .integer("contributions", "Discussion contributions"), .time("last_active", "Last active on"),
    ]

    func rows(_ key: KeyView, _ state: Activity.State, into rows: Rows) {
        guard key.text(0) != Activity.anonymous, let last = state.days.keys.max() else { return }
        var sum = DayActivity()
        for activity in state.days.values { sum.merge(activity) }
        // The share of the problems tried, in percent.
        let solved = sum.problems.isEmpty ? nil : 100 * Double(sum.solved) / Double(sum.problems.count)
        rows.add(
            key[0], key[1], .integer(state.days.count), .integer(sum.attempts), .number(solved),
            .integer(sum.videos.count), .integer(sum.posts + sum.responses + sum.comments),
            .time(Day(number: last).start))
    }
}
