import CPluginAPI
import Glibc

/// A plugin that is loaded in this process: one build, one instance.
///
/// Its code is never unloaded, so its functions, constants and names are valid for ever. Safe to share: all that is here is
/// constant, and each function may be called on the threads that its comment in the ABI's headers names.
package final class Plugin: @unchecked Sendable {
    package let description: PluginDescription
    package let inputs: [InputComponent]
    package let reducers: [ReducerComponent]
    package let sources: [SourceComponent]
    package let aggregators: [AggregatorComponent]
    package let tables: [TableComponent]
    package let functions: [FunctionComponent]
    package let migrations: [MigrationComponent]

    private let instance: lectern_plugin
    private let host: HostTable

    package var id: String { description.id }
    package var identity: PluginIdentity { description.identity }

    /// Loads the staged library, makes an instance with these settings (a JSON object) and reads what it declares.
    ///
    /// - Parameter derivedColumns: the columns that the operator adds to its tables.
    init(
        _ staged: StagedPlugin, settings: String, derivedColumns: [String: Set<String>] = [:],
        report: @escaping @Sendable (PluginMessage) -> Void
    ) throws(PluginRefusal) {
        let file = staged.file
        func refuse(_ field: String, wanted: String, found: String) -> PluginRefusal {
            PluginRefusal(file: file, field: field, wanted: wanted, found: found)
        }
        // Never closed: the Swift runtime keeps pointers into every library it has seen.
        guard let library = dlopen(staged.path, RTLD_NOW | RTLD_LOCAL | Int32(bitPattern: UInt32(RTLD_NODELETE))) else {
            throw refuse("loading", wanted: "a library that loads", found: String(cString: dlerror()))
        }
        guard let symbol = dlsym(library, "lectern_plugin_entry_v1") else {
            throw refuse("symbol", wanted: "lectern_plugin_entry_v1", found: "none")
        }
        let function = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<lectern_entry>?).self)
        guard let pointer = function() else { throw refuse("entry", wanted: "a lectern_entry", found: "none") }
        let entry: lectern_entry = ComponentReader.copy(pointer)
        guard entry.abi_major == LECTERN_ABI_MAJOR, let create = entry.create else {
            throw refuse("entry", wanted: "ABI \(LECTERN_ABI_MAJOR).x", found: "\(entry.abi_major).\(entry.abi_minor)")
        }

        let host = HostTable(plugin: staged.identity.id, report: report)
        var instance = lectern_plugin()
        instance.size = UInt32(MemoryLayout<lectern_plugin>.size)
        let status = settings.withText { create(host.makeTable(), $0, &instance) }
        guard status == LECTERN_OK, instance.extension != nil else {
            let reason = host.takeReason() ?? "it gave no reason"
            throw refuse("settings", wanted: "settings that the plugin accepts", found: reason)
        }

        let reader = ComponentReader(plugin: staged.identity, file: file, instance: instance)
        var declared: (inputs: [InputComponent], reducers: [ReducerComponent]) = try reader.inputsAndReducers()
        for (index, timer) in try reader.timers(of: declared.reducers) { declared.reducers[index].timer = timer }
        for (index, windows) in try reader.windows(of: declared.reducers) {
            declared.reducers[index].windows = windows
        }
        (inputs, reducers) = declared
        var taken = Set(reducers.map(\.id))
        aggregators = try reader.aggregators(over: reducers, taken: &taken)
        tables = try reader.tables(over: reducers, aggregators)
        sources = try reader.sources()
        functions = try reader.functions()
        migrations = try reader.migrations(of: reducers)
        let (enrichers, derivedMembers) = try reader.enrichers(functions)
        description = try PluginDescription(
            identity: staged.identity, file: file, reducers: reducers.map(\.description), sources: sources.map(\.id),
            aggregators: aggregators.map(\.id), tables: tables.map(\.description),
            functions: functions.map(\.description), migrations: migrations.map(\.description),
            enrichers: enrichers, derivedMembers: derivedMembers,
            dashboardText: reader.dashboardText(), derivedColumns: derivedColumns)
        self.instance = instance
        self.host = host
    }

    /// Why the call into the plugin that has just failed in this thread failed, if the plugin said so.
    package func takeReason() -> String? { host.takeReason() }

    /// The index of a reducer by its id.
    package func reducer(_ id: String) -> Int? { reducers.firstIndex { $0.id == id } }
}
