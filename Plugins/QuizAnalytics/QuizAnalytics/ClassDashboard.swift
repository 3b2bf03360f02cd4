import PluginAPI

extension QuizAnalytics {
    var classDashboard: Dashboard {
        Dashboard(
            "class", title: "Quizzes and modules", description: "How the class is doing, and who may need help.",
            empty: "No quiz yet. Send some: lectern simulate --to http://127.0.0.1:3001",
            filters: [.init("domain", title: "Domain"), .init("module", title: "Module")]
        ) {
            Panel.number("Learners", table: "learners", .distinct("learner"))
            Panel.number("Quiz attempts", table: "learners", .sum("quiz_attempts"))
            Panel.number("Average score", table: "learners", .mean("average_score")).unit("%").decimals(1)
                .description("The mean of the learners' own averages.")
            Panel.number("Modules completed", table: "learners", .sum("modules_completed"))
            Panel.tiles(
                "Who may need help", table: "learners", name: "learner", value: "average_score",
                status: Status(
                    "average_score", .when(.below(settings.helpMark), "needs help", .alert),
                    .when(.below(settings.passMark), "watch", .warn), .otherwise("on track", .good)),
                details: ["domain", "quiz_attempts", "modules_completed", "minutes", "last_activity"],
                sort: .ascending("average_score")
            ).unit("%").decimals(0)
            Panel.line("Activity", table: "pace", x: "at", .sum("events"), series: "domain").width(.half)
                .description("Events in five minutes.")
            Panel.bar(
                "Average score by module", table: "modules", x: "module", .mean("average_score"), byValue: true,
                limit: 20
            )
            .width(.half).unit("%")
            Panel.histogram("Average scores", table: "learners", column: "average_score").width(.half)
                .description("How many learners have an average in each range.")
            Panel.bar("Attempts by module", table: "modules", x: "module", .sum("attempts"), byValue: true, limit: 20)
                .width(.half)
            Panel.table(
                "Quizzes", table: "quiz_analytics",
                columns: [
                    "user_id", "module", "quiz_type", "attempt_count", "average_score", "average_time_taken",
                    "last_attempted_at",
                ], sort: .descending("last_attempted_at"), limit: 50)
        }
    }
}
