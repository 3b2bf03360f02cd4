import PluginAPI

/// A learner of a course, put together from the roster and all that is known of him.
struct Learner {
    let username: String
    let email: String
    let cohort: String
    let enrolment: Enrolments.Enrolment
    let activity: [Int: DayActivity]
    let votes: [Int: VotesReceived.Votes]

    /// Whom a course has. Users that the roster lacks are left out.
    static func all(of course: Text, _ enrolments: Enrolments.State, _ rows: Rows) -> [Learner] {
        enrolments.users.compactMap { user, enrolment in
            guard let account = rows.state(of: Accounts.self, .integer(user))?.value else { return nil }
            let groups = rows.state(of: Memberships.self, .integer(user)) ?? []
            let cohorts = groups.compactMap { rows.state(of: Groups.self, .integer($0))?.value }
                .filter { $0.course.utf8.elementsEqual(course.utf8) }.map(\.name)
            let key: [Cell] = [.string(account.username), .text(course)]
            return Learner(
                username: account.username, email: account.email, cohort: cohorts.min() ?? "", enrolment: enrolment,
                activity: rows.state(of: Activity.self, key)?.days ?? [:],
                votes: rows.state(of: VotesReceived.self, key)?.days ?? [:])
        }
    }

    /// The days of an interval on which the learner was active.
    func activeDays(in interval: Interval) -> [Day] {
        Set(activity.keys).union(votes.keys).map { Day(number: $0) }.filter(interval.contains)
    }

    /// The cells of a report over some days, from the number of active days on.
    func report(over days: [Day]) -> [Cell] {
        var sum = DayActivity()
        var received = VotesReceived.Votes()
        for day in days {
            if let activity = activity[day.number] { sum.merge(activity) }
            if let votes = votes[day.number] { received.merge(votes) }
        }
        return [
            .integer(days.count), .integer(sum.problems.count), .integer(sum.attempts), .integer(sum.solved),
            .integer(sum.videos.count), .integer(sum.posts), .integer(sum.responses), .integer(sum.comments),
            .integer(sum.upvotes), .integer(sum.downvotes), .integer(received.up), .integer(received.down),
            .integer(sum.textbookPages), .string(sum.subsection.value ?? ""),
        ]
    }
}
