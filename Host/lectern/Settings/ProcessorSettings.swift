import Settings

/// The section `processor`: whether events are processed before plugins see them.
///
///     processor:
///       enabled: true
struct ProcessorSettings {
    /// `enabled`: false has filter rules rest; the log, dedup and plugins go on.
    var isEnabled = true

    init(_ reader: SettingsReader) {
        isEnabled = reader.boolean("enabled", default: isEnabled)
        reader.finish()
    }
}
