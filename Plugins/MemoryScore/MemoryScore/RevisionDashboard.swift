import PluginAPI

extension MemoryScore {
    var revisionDashboard: Dashboard {
        Dashboard(
            "revision", title: "Memory and revision", description: "What is being forgotten, and who should revise.",
            empty: "No quiz yet. Send some: lectern simulate --to http://127.0.0.1:3001",
            filters: [.init("domain", title: "Domain"), .init("module", title: "Module")]
        ) {
            Panel.number("Learners", table: "memory_scores", .distinct("user_id"))
            Panel.number("Modules to revise now", table: "memory_scores", .count)
                .where("revision_urgency", .isText("high"))
            Panel.number("Forgotten", table: "memory_scores", .mean("forgetting_score")).unit("%").decimals(0)
                .description("The mean over all learners and modules, as of their last review or tick.")
            Panel.tiles(
                "Who should revise", table: "memory_scores", name: "user_id", value: "forgetting_score",
                status: Status(
                    "revision_urgency", .when(.isText("high"), "now", .alert), .when(.isText("medium"), "soon", .warn),
                    .otherwise("not yet", .good)),
                details: ["module", "current_score", "last_reviewed_at", "next_review_at"],
                sort: .descending("due").then(.descending("forgetting_score")), limit: 60
            ).unit("%").decimals(0)
            Panel.bar(
                "Forgetting risk by module", table: "memory_scores", x: "module", .mean("forgetting_score"),
                byValue: true, limit: 20
            )
            .width(.half).unit("%")
            Panel.bar("Urgency", table: "memory_scores", x: "revision_urgency", .count).width(.half)
            Panel.line("Next reviews", table: "memory_scores", x: "next_review_at", .count, bucket: .day).width(.half)
            Panel.table(
                "Calibration", table: "memory_calibration",
                columns: ["model", "reviews", "log_loss", "rmse", "is_active"], sort: .ascending("log_loss")
            )
            .width(.half)
            .description("How well each foretold who would pass; lower is better. A model should beat the averages.")
            Panel.table(
                "Revisions", table: "revision_signals", sort: .descending("scheduled_at"), limit: 50)
        }
    }
}
