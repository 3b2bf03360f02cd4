package import PluginHost

/// What the plugins' folder holds.
package struct PluginReport: Sendable {
    package var plugins: [PluginListing]
    /// Why others were not loaded, a sentence each.
    package var refusals: [String]
    /// Those that the settings keep off.
    package var off: [PluginOff]

    package init(plugins: [PluginListing], refusals: [String] = [], off: [PluginOff] = []) {
        self.plugins = plugins
        self.off = off
        self.refusals = refusals
    }

    package init(_ catalog: PluginCatalog) {
        self.init(
            plugins: catalog.plugins.map { PluginListing($0) }, refusals: catalog.refusals.map(\.description),
            off: catalog.off)
    }
}

/// What the web shows of a plugin.
package struct PluginListing: Sendable {
    package var id: String
    package var version: String
    package var language: String
    /// SHA-256 of the library.
    package var build: String
    package var sources: [String]
    package var reducers: [String]
    /// The names of the parts of each reducer's key, in their order.
    package var keys: [String: [String]] = [:]
    package var tables: [String]
    package var dashboards: [DashboardDefinition]
    /// Functions with their arguments and results.
    package var functions: [String]
    /// Where its code runs: `worker` or `inprocess`.
    package var placement = ""
    /// What keeps it from folding; nil if nothing does.
    package var trouble: Trouble?

    /// Since when a plugin does not fold, and why.
    package struct Trouble: Sendable, Equatable {
        /// `restarting`: it will fold again by itself; `off`: it will not.
        package let state: String
        /// Microseconds since 1970 UTC.
        package let since: Int64
        package let reason: String

        package init(state: String, since: Int64, reason: String) {
            self.state = state
            self.since = since
            self.reason = reason
        }
    }

    package init(
        id: String, version: String, language: String = "swift", build: String = "", sources: [String] = [],
        reducers: [String] = [], tables: [String] = [], dashboards: [DashboardDefinition] = [],
        functions: [String] = []
    ) {
        self.id = id
        self.version = version
        self.language = language
        self.build = build
        self.sources = sources
        self.reducers = reducers
        self.tables = tables
        self.dashboards = dashboards
        self.functions = functions
    }

    package init(_ plugin: PluginBuild) {
        self.init(
            id: plugin.id, version: plugin.identity.version, language: plugin.identity.language,
            build: plugin.identity.build, sources: plugin.description.sources,
            reducers: plugin.description.reducers.map(\.id), tables: plugin.description.tables.map(\.id),
            dashboards: plugin.description.dashboards, functions: plugin.description.functions.map(\.summary))
        placement = plugin.placement.rawValue
        keys = Dictionary(
            uniqueKeysWithValues: plugin.description.reducers.map { ($0.id, $0.key.map(\.name)) })
    }
}
