import Records

/// The plugins that operators have disabled while the host ran, in a file of the data folder, so that they stay off when
/// it starts again.
struct DisabledPlugins {
    private struct Entry: Codable {
        /// When it was disabled: an RFC 3339 time stamp.
        let since: String
    }

    private let file: JSONFile<[String: Entry]>
    /// By the plugin's id.
    private var entries: [String: Entry]

    init(data: String) {
        file = JSONFile(path: "\(data)/disabled.json")
        entries = file.read() ?? [:]
    }

    /// Since when each plugin is off, by its id.
    var since: [String: String] { entries.mapValues(\.since) }

    mutating func add(_ plugin: String) throws {
        guard entries[plugin] == nil else { return }
        entries[plugin] = Entry(since: JSONOutput.time(WallClock.microseconds / 1_000_000 * 1_000_000))
        try file.write(entries)
    }

    mutating func remove(_ plugin: String) throws {
        guard entries.removeValue(forKey: plugin) != nil else { return }
        try file.write(entries)
    }
}
