import PluginAPI

/// The report of one period: 19 columns, a row for every learner who is enrolled at the period's end, active or not.
///
/// Days are reported on which at least one of a course's learners was active; weeks and the whole in any case. All
/// rows of a course are made at once, when anything changes that one of them is made from.
struct EngagementTable: Table {
    enum Period: String { case daily, weekly, all }

    typealias From = Enrolments
    let period: Period
    let interval: Interval

    init(_ period: Period, _ interval: Interval) {
        self.period = period
        self.interval = interval
    }

    var id: String { "engagement_\(period)" }

    var title: String {
        switch period {
        case .daily: "Engagement by day"
        case .weekly: "Engagement by week"
        case .all: "Engagement in all"
        }
    }

    var columns: [Column] {
        let active = [Period.daily: "Was Active", .weekly: "Days Active This Week", .all: "Days Active"][period]!
        return [
            .text("course_id", "Course ID", key: true),
            .text("date", period == .daily ? "Date" : "End Date", key: true),
            .text("username", "Username", key: true), .text("email", "Email"), .text("cohort", "Cohort"),
            .integer("days_active", active), .integer("problems_attempted", "Unique Problems Attempted"),
            .integer("problem_attempts", "Total Problem Attempts"),
            .integer("problems_correct", "Unique Problems Correct"),
            .integer("videos_played", "Unique Videos Played"), .integer("discussion_posts", "Discussion Posts"),
            .integer("discussion_responses", "Discussion Responses"),
            .integer("discussion_comments", "Discussion Comments"),
            .integer("upvotes_given", "Discussion Upvotes Given"),
            .integer("downvotes_given", "Discussion Downvotes Given"),
            .integer("upvotes_received", "Discussion Upvotes Received"),
            .integer("downvotes_received", "Discussion Downvotes Received"),
            .integer("textbook_pages", "Textbook Pages Viewed"),
            .text("last_subsection", "URL of Last Subsection Viewed"),
        ]
    }

    func rows(_ key: KeyView, _ state: Enrolments.State, into rows: Rows) {
        let learners = Learner.all(of: key.text(0), state, rows)
        for (end, includes) in periods(of: learners) {
            for learner in learners where learner.enrolment.isEnrolled(atEndOf: end) {
                let days = learner.activeDays(in: interval).filter(includes)
                let head: [Cell] = [
                    key[0], .string(end.description), .string(learner.username), .string(learner.email),
                    .string(learner.cohort),
                ]
                rows.add(head + learner.report(over: days))
            }
        }
    }

    /// The periods to report: the last day of each, and which days belong to it.
    private func periods(of learners: [Learner]) -> [(end: Day, includes: (Day) -> Bool)] {
        let active = learners.map { learner in
            (enrolment: learner.enrolment, days: learner.activeDays(in: interval))
        }
        let days = Set(active.flatMap(\.days))
        if period == .daily {
            let reported = days.filter { day in
                active.contains { $0.days.contains(day) && $0.enrolment.isEnrolled(atEndOf: day) }
            }
            return reported.map { day in (day, { $0 == day }) }
        }
        guard let first = interval.first ?? days.min(), let last = interval.last ?? days.max(), first <= last else {
            return []
        }
        if period == .all { return [(last, { _ in true })] }
        return stride(from: interval.weekEnd(of: first).number, through: interval.weekEnd(of: last).number, by: 7).map {
            let end = Day(number: $0)
            return (end, { interval.weekEnd(of: $0) == end })
        }
    }
}
