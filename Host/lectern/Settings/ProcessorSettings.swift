import Settings

/// The section `processor`: whether events are filtered, enriched and aggregated.
///
///     processor:
///       enabled: true
struct ProcessorSettings {
    /// `enabled`: false has filter rules, enrichment and the plugin of aggregations rest; the log, dedup and other plugins go on.
    var isEnabled = true
    /// The plugin of aggregations, by its id. Where the settings say of it whether it is enabled, they win.
    static let aggregations = "event-aggregations"

    init(_ reader: SettingsReader) {
        isEnabled = reader.boolean("enabled", default: isEnabled)
        reader.finish()
    }
}
