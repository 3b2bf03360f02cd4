import PluginAPI

/// Reads what an edX platform leaves behind: its tracking logs, and course rosters out of its database.
struct EdxTracking: Plugin {
    init(settings: NoSettings) {}

    var components: Components {
        TrackingLog()
        Roster()
    }
}

@c(edx_tracking_create)
public func create(_ host: HostPointer, _ settings: SettingsText, _ plugin: PluginPointer) -> PluginStatus {
    EdxTracking.create(host, settings, plugin)
}
