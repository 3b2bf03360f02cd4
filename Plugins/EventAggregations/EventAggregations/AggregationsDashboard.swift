import PluginAPI

extension EventAggregations {
    var aggregationsDashboard: Dashboard {
        Dashboard(
            "aggregations", title: "Hours and days",
            description: "What learners do in hours and days. A revision counts late events that corrected a window.",
            empty: "No event yet. Send some: lectern simulate --to http://127.0.0.1:3001"
        ) {
            Panel.number("Events", table: "system_5min_metrics", .sum("events"))
            Panel.number("Attempts", table: "user_hourly_attempts", .sum("attempts"))
            Panel.number("Learners", table: "user_hourly_attempts", .distinct("user_id"))
            Panel.number("Corrections", table: "system_5min_metrics", .sum("revision"))
                .description("Events that came after their window was over and were taken in.")
            Panel.line("Events in five minutes", table: "system_5min_metrics", x: "window", .sum("events"))
            Panel.line("Attempts an hour", table: "user_hourly_attempts", x: "window", .sum("attempts")).width(.half)
            Panel.line("Minutes in sessions a day", table: "user_daily_sessions", x: "window", .sum("session_minutes"))
                .width(.half)
            Panel.bar(
                "Hardest items", table: "item_hourly_performance", x: "item_id", .mean("difficulty"), byValue: true,
                limit: 20
            ).width(.half)
            Panel.bar("Learners by jurisdiction", table: "jurisdiction_daily", x: "jurisdiction", .max("learners"))
                .width(.half)
            Panel.table(
                "Latest windows", table: "user_hourly_attempts",
                columns: ["window", "user_id", "attempts", "accuracy", "average_seconds", "revision"],
                sort: .descending("window"), limit: 30)
        }
    }
}
