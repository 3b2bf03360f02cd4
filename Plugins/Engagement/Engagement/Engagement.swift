import PluginAPI

/// How much learners do in their courses, by day, week and in all, as edX reports it: for every learner that a course
/// has, active or not. Its input are tracking events (plugin edx-tracking, or any events with an actor and a
/// `course`), enrolment events and a roster.
struct Engagement: Plugin {
    struct Settings: PluginSettings {
        /// What the reports cover. Without it: whatever there is.
        var interval = Bounds()

        struct Bounds: Codable {
            /// `YYYY-MM-DD`, the first day.
            var start: String?
            /// `YYYY-MM-DD`, the day after the last. Weeks end as the last day does, or on Sundays if there is no end.
            var end: String?
        }
    }

    let interval: Interval

    init(settings: Settings) throws {
        interval = try Interval(settings.interval)
    }

    var components: Components {
        Activity.self
        VotesReceived.self
        Enrolments.self
        Accounts.self
        Groups.self
        Memberships.self
        CourseTotals.self
        EngagementTable(.daily, interval)
        EngagementTable(.weekly, interval)
        EngagementTable(.all, interval)
        CourseTable()
        LearnerTable()
        classDashboard
    }
}

@c(engagement_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    Engagement.create(host, settings, plugin)
}
