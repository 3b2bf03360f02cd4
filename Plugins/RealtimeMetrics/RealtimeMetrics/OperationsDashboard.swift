import PluginAPI

extension RealtimeMetrics {
    var operationsDashboard: Dashboard {
        Dashboard(
            "operations", title: "Event flow", description: "How many events come, of which types, and how late.",
            empty: "No event yet. Send some: lectern simulate --to http://127.0.0.1:3001",
            filters: [.init("type", title: "Type")]
        ) {
            Panel.number("Events", table: "event_rates", .sum("events"))
            Panel.number("Types", table: "event_rates", .distinct("type"))
            Panel.number("Largest lag", table: "event_lag", .max("lag_seconds_max")).unit("s").decimals(1)
            Panel.number("From the future", table: "event_lag", .sum("ahead_count"))
                .description("Events whose client claims a time after their arrival: its clock is wrong.")
            Panel.line("Events a minute", table: "event_rates", x: "minute", .sum("events"), series: "type")
                .description("By the time that the events claim.")
            Panel.line("Largest lag", table: "event_lag", x: "minute", .max("lag_seconds_max"), series: "type")
                .width(.half).unit("s").description("From the time that an event claims to its arrival.")
            Panel.bar("Events by type", table: "event_rates", x: "type", .sum("events"), byValue: true, limit: 20)
                .width(.half)
            Panel.table(
                "Latest minutes", table: "event_lag",
                columns: [
                    "minute", "type", "lag_count", "average_lag_seconds", "lag_seconds_p95", "lag_seconds_max",
                ], sort: .descending("minute"), limit: 30)
        }
    }
}
