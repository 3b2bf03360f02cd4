/// Where a plugin's code runs.
package enum Placement: String, Sendable, CaseIterable {
    /// In a process of its own, which it alone can bring down.
    case worker
    /// In the host's process: a trap ends the host.
    case inprocess
}

/// A build of a plugin that may run: what it declares, and where its code is. Its file is never written again.
package final class PluginBuild: Sendable {
    package let description: PluginDescription
    /// The staged library.
    package let path: String
    /// The plugin's own settings, as a JSON object.
    package let settings: String
    /// The columns that the operator adds to its tables.
    let derivedColumns: [String: Set<String>]
    package let limits: WorkerLimits
    /// The loaded code; nil if it runs in a worker.
    package let code: Plugin?
    /// Why it does not fold; nil if it does.
    package let stop: Verdict.Stop?

    init(
        _ description: PluginDescription, path: String, settings: String, derivedColumns: [String: Set<String>],
        limits: WorkerLimits, code: Plugin?,
        stop: Verdict.Stop? = nil
    ) {
        self.stop = stop
        self.description = description
        self.path = path
        self.settings = settings
        self.derivedColumns = derivedColumns
        self.limits = limits
        self.code = code
    }

    package var id: String { description.id }
    package var identity: PluginIdentity { description.identity }
    package var file: String { description.file }
    package var placement: Placement { code == nil ? .worker : .inprocess }
}

extension PluginBuild {
    /// Has a staged build say what it is: in a process that is thrown away, and then, if it is to run here, in this one.
    static func load(
        _ staged: StagedPlugin, _ placement: Placement, _ configuration: PluginsConfiguration,
        report: @escaping @Sendable (PluginMessage) -> Void
    ) throws(PluginRefusal) -> PluginBuild {
        let entry = configuration.entries[staged.identity.id]
        let settings = entry?.settings ?? "{}"
        let derivedColumns = configuration.tables.names(of: staged.identity.id)
        let limits = entry?.limits ?? WorkerLimits()
        var description: PluginDescription?
        if configuration.probes {
            description = try BuildProbe(
                staged: staged, settings: settings, derivedColumns: derivedColumns, limits: limits
            ).run().description
        }
        if placement == .worker, let description {
            return PluginBuild(
                description, path: staged.path, settings: settings, derivedColumns: derivedColumns, limits: limits,
                code: nil,
                stop: configuration.stop(of: staged.identity))
        }
        let code = try Plugin(staged, settings: settings, derivedColumns: derivedColumns, report: report)
        return PluginBuild(
            code.description, path: staged.path, settings: settings, derivedColumns: derivedColumns, limits: limits,
            code: code)
    }
}

extension PluginBuild {
    /// Loads a build of the plugin, this one or one before it, in a process of its own, which answers what it is asked
    /// until nobody holds it. Nil if the build is not kept.
    ///
    /// - Parameter hash: SHA-256 of its library.
    package func probe(ofBuild hash: String) throws(PluginRefusal) -> WorkerProcess? {
        let staging = Staging(of: path)
        guard let staged = try staging.staged(build: hash, of: file) else { return nil }
        return try BuildProbe(staged: staged, settings: settings, derivedColumns: derivedColumns, limits: limits).run()
            .process
    }
}

/// What a worker may use up before it is ended.
package struct WorkerLimits: Sendable, Equatable {
    /// How long a call of the plugin may take.
    package var deadline: Duration = .seconds(10)
    /// Resident memory, in bytes.
    package var memory = 2 << 30

    package init() {}
}
