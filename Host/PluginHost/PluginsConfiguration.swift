package import Settings

/// The section `plugins`: which plugins may be loaded, and what each is told.
///
///     plugins:
///       only_listed: true           # what this section does not name stays off
///       quiz-analytics:
///         enabled: true             # false: stays off
///         version: "1.2.0"          # exactly this one, else it stays off
///         hash: 5a571e101f88        # a build, by how its SHA-256 begins
///         settings: {passMark: 60}  # the plugin's own
package struct PluginsConfiguration: Sendable {
    /// What the section says of one plugin.
    package struct Entry: Sendable {
        /// The plugin's own settings, as a JSON object.
        package var settings = "{}"
        package var isEnabled = true
        /// The only version that may be loaded; nil: any.
        package var version: String?
        /// How the SHA-256 of the only build that may be loaded begins, in lower case; nil: any.
        package var hash: String?

        package init() {}
    }

    /// By the plugin's id.
    package var entries: [String: Entry] = [:]
    /// Whether plugins without an entry stay off.
    package var onlyListed = false
    /// Builds that must not be loaded, by their SHA-256, and why. Not a setting: what they did decides.
    package var quarantined: [String: String] = [:]
    /// The section `tables`: the plugins' dashboards may name columns that it adds.
    package var tables = TablesConfiguration()

    package init() {}

    /// Each plugin's own settings, for whoever wants a plugin whatever may be loaded elsewhere.
    package var withoutPins: PluginsConfiguration {
        var configuration = PluginsConfiguration()
        configuration.tables = tables
        for (id, entry) in entries { configuration.entries[id, default: Entry()].settings = entry.settings }
        return configuration
    }

    package init(_ reader: SettingsReader) {
        onlyListed = reader.boolean("only_listed", default: false)
        for (name, section) in reader.sections(besides: ["only_listed"]) {
            if !ComponentID.isValid(name) {
                reader.problem(
                    name, found: "a plugin id “\(name)”", expected: "only_listed, or a plugin's id: \(ComponentID.rule)"
                )
            }
            entries[name] = Entry(section)
            section.finish()
        }
        reader.finish()
    }

    /// Why a build must not be loaded, or nil if it may.
    func reason(against plugin: PluginIdentity) -> PluginOff.Reason? {
        if let why = quarantined[plugin.build] { return .quarantined(why) }
        guard let entry = entries[plugin.id] else { return onlyListed ? .notListed : nil }
        if !entry.isEnabled { return .disabled }
        if let version = entry.version, version != plugin.version { return .version(pinned: version) }
        if let hash = entry.hash, !plugin.build.hasPrefix(hash) { return .hash(pinned: hash) }
        return nil
    }
}

extension PluginsConfiguration.Entry {
    fileprivate init(_ section: SettingsReader) {
        isEnabled = section.boolean("enabled", default: true)
        version = section.string("version", default: nil)
        if version?.isEmpty == true {
            section.problem("version", found: "an empty text", expected: "the version that the plugin's note gives")
        }
        hash = section.string("hash", default: nil)?.lowercased()
        if let hash, !(12...64).contains(hash.utf8.count) || !hash.allSatisfy(\.isHexDigit) {
            section.problem(
                "hash", found: "“\(hash)”", expected: "the first 12 to 64 hexadecimal digits of the library's SHA-256",
                remedy: "`lectern plugin list` shows them as BUILD.")
        }
        settings = section.json("settings")
    }
}
