package import Settings

/// The section `plugins`: which plugins may be loaded, and what each is told.
///
///     plugins:
///       only_listed: true           # what this section does not name stays off
///       placement: worker           # of those that don't say: a process each, or inprocess
///       quiz-analytics:
///         enabled: true             # false: stays off
///         version: "1.2.0"          # exactly this one, else it stays off
///         hash: 5a571e101f88        # a build, by how its SHA-256 begins
///         placement: inprocess      # here a portable build as well, which otherwise gets a worker
///         deadline: 10s             # how long a call may take
///         memory: 2GiB              # of its worker
///         store: workshop           # of the section kvs: where its states are kept; else default
///         settings: {passMark: 60}  # the plugin's own
package struct PluginsConfiguration: Sendable {
    /// What the section says of one plugin.
    package struct Entry: Sendable {
        /// The plugin's own settings, as a JSON object.
        package var settings = "{}"
        /// Whether it may be loaded; nil: the settings do not say, so it may.
        package var enabled: Bool?
        /// The only version that may be loaded; nil: any.
        package var version: String?
        /// How the SHA-256 of the only build that may be loaded begins, in lower case; nil: any.
        package var hash: String?
        /// Nil: as all do that don't say.
        package var placement: Placement?
        package var limits = WorkerLimits()
        /// The store that its states are kept in; nil: the default one.
        package var store: String?

        package init() {}
    }

    /// By the plugin's id.
    package var entries: [String: Entry] = [:]
    /// Whether plugins without an entry stay off.
    package var onlyListed = false
    /// Where the plugins run that don't say.
    package var placement = Placement.inprocess
    /// Overrules what the settings say.
    private var placementOfAll: Placement?
    /// Of builds, by their SHA-256. Not a setting: what they did decides.
    package var verdicts: [String: Verdict] = [:]

    /// Plugins that operators have disabled while the host ran, by their ids, and since when. Not a setting either; where
    /// the settings say `enabled`, they win.
    package var switchedOff: [String: String] = [:]
    /// The section `tables`: the plugins' dashboards may name columns that it adds.
    package var tables = TablesConfiguration()

    package init() {}

    /// Each plugin's own settings, for whoever wants a plugin whatever may be loaded elsewhere.
    package var withoutPins: PluginsConfiguration {
        var configuration = PluginsConfiguration().inProcess
        configuration.tables = tables
        for (id, entry) in entries { configuration.entries[id, default: Entry()].settings = entry.settings }
        return configuration
    }

    package init(_ reader: SettingsReader) {
        onlyListed = reader.boolean("only_listed", default: false)
        placement = reader.choice("placement", default: .worker)
        for (name, section) in reader.sections(besides: ["only_listed", "placement"]) {
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

    /// Disables a plugin of which the settings don't say whether it is enabled.
    package mutating func turnOff(_ plugin: String) {
        if entries[plugin]?.enabled == nil { entries[plugin, default: Entry()].enabled = false }
    }

    /// Where a build is to run. A portable one brings a Swift runtime of its own along, which is not let into the host's
    /// process unless its own entry says so.
    func placement(of plugin: PluginIdentity) -> Placement {
        if verdicts[plugin.build] != nil { return .worker }
        if let placement = placementOfAll ?? entries[plugin.id]?.placement { return placement }
        return plugin.isPortable ? .worker : placement
    }

    /// The same for a command that runs all plugins in its own process, for as long as it takes.
    package var inProcess: PluginsConfiguration {
        var configuration = self
        configuration.placementOfAll = .inprocess
        return configuration
    }

    /// Whether a build is first loaded into a process that is thrown away. Not for a command that runs all in its own.
    var probes: Bool { placementOfAll == nil }

    /// Why a build is not to fold, or nil.
    func stop(of plugin: PluginIdentity) -> Verdict.Stop? {
        if case .off(let stop) = verdicts[plugin.build] { stop } else { nil }
    }

    /// Why a build must not be loaded, or nil if it may.
    func reason(against plugin: PluginIdentity) -> PluginOff.Reason? {
        let entry = entries[plugin.id]
        if entry == nil, onlyListed { return .notListed }
        if entry?.enabled == false { return .disabled }
        if entry?.enabled == nil, let since = switchedOff[plugin.id] { return .switchedOff(since: since) }
        guard let entry else { return nil }
        if let version = entry.version, version != plugin.version { return .version(pinned: version) }
        if let hash = entry.hash, !plugin.build.hasPrefix(hash) { return .hash(pinned: hash) }
        return nil
    }
}

extension PluginsConfiguration.Entry {
    fileprivate init(_ section: SettingsReader) {
        let isEnabled = section.boolean("enabled", default: true)
        enabled = section.has("enabled") ? isEnabled : nil
        version = section.string("version", default: nil)
        if version?.isEmpty == true {
            section.problem("version", found: "an empty text", expected: "the version that the plugin's note gives")
        }
        hash = section.string("hash", default: nil)?.lowercased()
        store = section.string("store", default: nil)
        if let hash, !(12...64).contains(hash.utf8.count) || !hash.allSatisfy(\.isHexDigit) {
            section.problem(
                "hash", found: "“\(hash)”", expected: "the first 12 to 64 hexadecimal digits of the library's SHA-256",
                remedy: "`lectern plugin list` shows them as BUILD.")
        }
        placement = section.has("placement") ? section.choice("placement", default: .worker) : nil
        limits.deadline = section.duration("deadline", default: limits.deadline)
        limits.memory = section.size("memory", default: limits.memory)
        settings = section.json("settings")
    }
}
