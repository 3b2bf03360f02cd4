import PluginAPI

/// What happens in hours, days and five minutes: of learners, items, jurisdictions and the whole system.
struct EventAggregations: Plugin {
    init(settings: NoSettings) {}

    var components: Components {
        UserHourlyAttempts.self
        UserDailySessions.self
        ItemHourlyPerformance.self
        SystemMetrics.self
        JurisdictionDaily.self
        UserHourlyTable()
        UserDailyTable()
        ItemHourlyTable()
        SystemTable()
        JurisdictionTable()
        aggregationsDashboard
    }
}

@c(event_aggregations_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    EventAggregations.create(host, settings, plugin)
}
