import PluginAPI

extension Engagement {
    var classDashboard: Dashboard {
        Dashboard(
            "class", title: "Engagement", description: "What learners do in their courses, day by day.",
            empty: "No activity yet. Fold or replay an edX tracking log, for instance "
                + "lectern replay edx-tracking=tracking.log --to http://127.0.0.1:3001",
            filters: [.init("course_id", title: "Course")]
        ) {
            Panel.number("Learners", table: "course_learners", .distinct("username"))
            Panel.number("Problem attempts", table: "course_days", .sum("problem_attempts"))
            Panel.number("Videos played", table: "course_days", .sum("videos_played"))
            Panel.number("Discussion contributions", table: "course_days", .sum("contributions"))
            Panel.line("Active learners by day", table: "course_days", x: "day", .sum("learners"), series: "course_id")
                .width(.half)
            Panel.bar(
                "Problem attempts by course", table: "course_days", x: "course_id", .sum("problem_attempts"),
                byValue: true
            )
            .width(.half)
            Panel.tiles(
                "Learners", table: "course_learners", name: "username", value: "days_active",
                status: Status(
                    "days_active", .when(.atLeast(4), "regular", .good), .when(.atLeast(2), "now and then", .fair),
                    .otherwise("seen once", .warn)),
                details: ["course_id", "problem_attempts", "solved", "videos_played", "contributions", "last_active"],
                sort: .ascending("days_active"))
            Panel.histogram("Days active", table: "course_learners", column: "days_active")
                .description("How many learners were active on how many days.")
            Panel.table(
                "The whole interval, by enrolled learner", table: "engagement_all",
                columns: [
                    "course_id", "username", "cohort", "days_active", "problems_attempted", "problems_correct",
                    "videos_played", "last_subsection",
                ], sort: .ascending("username"), limit: 200)
        }
    }
}
