import PluginAPI

/// How many events of which type there are, minute by minute, and how late they come: what an operator wants to see.
struct RealtimeMetrics: Plugin {
    init(settings: NoSettings) {}

    var components: Components {
        Minutes.self
        RateTable()
        LagTable()
        operationsDashboard
    }
}

@c(realtime_metrics_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    RealtimeMetrics.create(host, settings, plugin)
}
