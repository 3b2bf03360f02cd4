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
    package var tables: [String]
    package var dashboards: [DashboardDefinition]
    /// Functions with their arguments and results.
    package var functions: [String]

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

    package init(_ plugin: Plugin) {
        self.init(
            id: plugin.id, version: plugin.identity.version, language: plugin.identity.language,
            build: plugin.identity.build, sources: plugin.sources.map(\.id), reducers: plugin.reducers.map(\.id),
            tables: plugin.tables.map(\.id), dashboards: plugin.dashboards,
            functions: plugin.functions.map(\.description.summary))
    }
}
