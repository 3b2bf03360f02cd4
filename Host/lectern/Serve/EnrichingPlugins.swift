import Enrichment
import PluginHost
import Reduction

extension ReductionEngine {
    /// The plugins that run, as enrichment sees them.
    var enrichingPlugins: [EnrichingPlugin] {
        plugins.map { build in
            EnrichingPlugin(
                build.description, functions: functions(of: build), added: addedColumns(to:))
        }
    }

    /// Plugins that do not run yet, as enrichment sees them: their functions can't be called.
    func enrichingPlugins(_ builds: [PluginBuild]) -> [EnrichingPlugin] {
        builds.map { EnrichingPlugin(named: $0.description, added: addedColumns(to:)) }
    }
}

extension EnrichingPlugin {
    /// Plugins that do not run yet, with the columns that the settings add to their tables.
    static func named(_ plugins: [PluginDescription], _ tables: TablesConfiguration) -> [EnrichingPlugin] {
        let functions = plugins.flatMap { EnrichingPlugin(named: $0) { _ in [] }.functions }
        // Who makes the columns says what is wrong with them.
        let made = try? DerivedColumns(tables, plugins, functions: functions, mayLackFunctions: true)
        let columns = made ?? DerivedColumns()
        return plugins.map { EnrichingPlugin(named: $0) { columns[$0].map(\.column) } }
    }

    /// One whose functions are named, not called.
    ///
    /// - Parameter added: the columns that the operator adds to a table.
    fileprivate init(named plugin: PluginDescription, added: (TableID) -> [TableColumn]) {
        let functions = plugin.functions.map { CallableFunction($0, of: plugin.id) { _, _ in [] } }
        self.init(plugin, functions: functions, added: added)
    }

    fileprivate init(
        _ plugin: PluginDescription, functions: [CallableFunction], added: (TableID) -> [TableColumn]
    ) {
        let tables = plugin.tables.map { table in
            (table.id, table.columns + added(TableID(plugin: plugin.id, table: table.id)))
        }
        self.init(
            id: plugin.id, enrichers: plugin.enrichers, derivedMembers: plugin.derivedMembers, functions: functions,
            tables: Dictionary(tables, uniquingKeysWith: { first, _ in first }))
    }
}
