import PluginAPI

extension QuizAnalytics {
    var engagementDashboard: Dashboard {
        Dashboard(
            "engagement", title: "Engagement", description: "Who is there, for how long, and with what.",
            empty: "Nobody was there yet. Let a class work: lectern simulate --to http://127.0.0.1:3001",
            filters: [.init("domain", title: "Domain")]
        ) {
            Panel.line("Active users by day", table: "daily_active_users", x: "day", .sum("users")).width(.half)
            Panel.line("Time spent by day", table: "session_duration", x: "day", .sum("seconds_sum")).width(.half)
                .unit("s")
            Panel.bar("Learners by domain", table: "domain_popularity", x: "domain", .sum("learners"), byValue: true)
                .width(.half)
            Panel.bar(
                "Scores of diagnostic quizzes", table: "score_distribution", x: "bucket", .sum("count"),
                series: "domain"
            )
            .width(.half).description("Attempts by ten percent.")
            Panel.table(
                "Module performance", table: "module_performance", sort: .descending("failure_count"), limit: 50)
            Panel.table(
                "Next modules", table: "next_module",
                columns: ["user_id", "domain", "course", "module", "started", "modules_left"],
                sort: .ascending("user_id"), limit: 50
            )
            .where("position", .atMost(1)).description("The first of each learner's queue in a domain.")
        }
    }
}
