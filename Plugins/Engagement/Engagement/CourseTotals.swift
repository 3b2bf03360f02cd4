import PluginAPI

/// What all learners of a course do, day by day.
struct CourseTotals: Aggregator {
    typealias Of = Activity
    static let id = "course-totals"
    static let group: Key = [.field("course")]

    struct State: ReducerState {
        /// By the day's number.
        var days: [Int: DayTotals] = [:]
    }

    struct DayTotals: Codable, Equatable {
        var learners = 0
        var attempts = 0
        var solved = 0
        var videos = 0
        var contributions = 0
        var pages = 0

        mutating func add(_ activity: DayActivity, times sign: Int) {
            learners += sign
            attempts += sign * activity.attempts
            solved += sign * activity.solved
            videos += sign * activity.videos.count
            contributions += sign * (activity.posts + activity.responses + activity.comments)
            pages += sign * activity.textbookPages
        }
    }

    static func add(_ total: inout State, _ key: KeyView, _ state: Activity.State) {
        if key.text(0) == Activity.anonymous { return }
        for (day, activity) in state.days { total.days[day, default: DayTotals()].add(activity, times: 1) }
    }

    static func retract(_ total: inout State, _ key: KeyView, _ state: Activity.State) {
        if key.text(0) == Activity.anonymous { return }
        for (day, activity) in state.days {
            total.days[day, default: DayTotals()].add(activity, times: -1)
            if total.days[day]?.learners == 0 { total.days[day] = nil }
        }
    }
}

/// A row for each course and day with activity.
struct CourseTable: Table {
    typealias From = CourseTotals
    let id = "course_days"
    let title = "Courses by day"
    let columns: [Column] = [
        .text("course_id", "Course", key: true), .time("day", "Day", key: true),
        .integer("learners", "Active learners"),
        .integer("problem_attempts", "Problem attempts"), .integer("problems_correct", "Problems solved"),
        .integer("videos_played", "Videos played"), .integer("contributions", "Discussion contributions"),
        .integer("textbook_pages", "Textbook pages"),
    ]

    func rows(_ key: KeyView, _ state: CourseTotals.State, into rows: Rows) {
        for (day, total) in state.days {
            rows.add(
                key[0], .time(Day(number: day).start), .integer(total.learners), .integer(total.attempts),
                .integer(total.solved), .integer(total.videos), .integer(total.contributions), .integer(total.pages))
        }
    }
}
