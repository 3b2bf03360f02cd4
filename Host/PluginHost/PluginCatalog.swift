import Glibc

/// What a folder of plugins holds: those that were loaded, those that the settings keep off, and why others were
/// refused.
package struct PluginCatalog: Sendable {
    package let plugins: [PluginBuild]
    package let refusals: [PluginRefusal]
    package let off: [PluginOff]

    package init(plugins: [PluginBuild], refusals: [PluginRefusal], off: [PluginOff] = []) {
        self.plugins = plugins
        self.refusals = refusals
        self.off = off
    }

    /// Stages every `*.so` of the folder, in the order of their names, and loads those that the settings allow. One that
    /// is refused does not keep the others out.
    ///
    /// - Parameters:
    ///   - generations: the folder that builds are staged in; made if it is missing.
    ///   - current: plugins that run. The same build is not loaded again; and a build that is refused, or another one than
    ///     the settings pin, leaves the one before where it is.
    ///   - report: receives what plugins write to the log; called on any thread.
    package static func load(
        from directory: String, generations: String, _ configuration: PluginsConfiguration, current: [PluginBuild] = [],
        report: @escaping @Sendable (PluginMessage) -> Void
    ) -> PluginCatalog {
        load(libraries(in: directory), generations: generations, configuration, current: current, report: report)
    }

    /// Stages and loads these libraries; else as `load(from:)`.
    package static func load(
        _ files: [String], generations: String, _ configuration: PluginsConfiguration, current: [PluginBuild] = [],
        report: @escaping @Sendable (PluginMessage) -> Void
    ) -> PluginCatalog {
        var plugins: [PluginBuild] = []
        var refusals: [PluginRefusal] = []
        var off: [PluginOff] = []
        var sources: [String: String] = [:]
        let staging = Staging(directory: generations)
        for file in files {
            do throws(PluginRefusal) {
                var staged = try staging.stage(file)
                if case .replaced(let path, let stop) = configuration.verdicts[staged.identity.build] {
                    off.append(PluginOff(identity: staged.identity, file: file, why: .quarantined(stop.reason)))
                    staged = try staging.staged(path, of: file)
                }
                if let why = configuration.reason(against: staged.identity) {
                    let found = PluginOff(identity: staged.identity, file: file, why: why)
                    off.append(found)
                    if found.isPinnedElsewhere, let before = current.first(where: { $0.id == found.id }) {
                        plugins.append(before)
                    }
                    continue
                }
                try staged.identity.check(file: file)
                if let other = plugins.first(where: { $0.id == staged.identity.id }) {
                    throw PluginRefusal(
                        file: file, field: "id", wanted: "an id that no other plugin has",
                        found: "“\(other.id)”, as \(other.file)", remedy: "remove one of the two")
                }
                let placement = configuration.placement(of: staged.identity)
                let plugin: PluginBuild
                if let running = current.first(where: {
                    $0.identity == staged.identity && $0.placement == placement
                        && $0.stop == configuration.stop(of: staged.identity)
                }) {
                    plugin = running
                } else {
                    plugin = try PluginBuild.load(staged, placement, configuration, report: report)
                }
                for source in plugin.description.sources {
                    guard let other = sources[source] else { continue }
                    throw PluginRefusal(
                        file: file, field: "source \(source)", wanted: "an id that no other source has",
                        found: "the same in plugin \(other)")
                }
                for function in plugin.description.functions {
                    guard
                        let other = plugins.first(where: {
                            $0.description.functions.contains { $0.id == function.id }
                        })
                    else { continue }
                    throw PluginRefusal(
                        file: file, field: "function \(function.id)", wanted: "an id that no other function has",
                        found: "the same in plugin \(other.id)")
                }
                try plugin.description.checkEnrichers(beside: plugins.map(\.description))
                for source in plugin.description.sources { sources[source] = plugin.id }
                plugins.append(plugin)
            } catch {
                refusals.append(error)
                if let before = current.first(where: { $0.file == file }),
                    !plugins.contains(where: { $0.id == before.id })
                {
                    plugins.append(before)
                }
            }
        }
        return PluginCatalog(plugins: plugins, refusals: refusals, off: off)
    }

    /// The code of the plugins that were loaded into this process.
    package var code: [Plugin] { plugins.compactMap(\.code) }

    /// The source of that id in any plugin of this process.
    package func source(_ id: String) -> SourceComponent? {
        code.lazy.flatMap(\.sources).first { $0.id == id }
    }

    private static func libraries(in directory: String) -> [String] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var files: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".so"), !name.hasPrefix(".") { files.append("\(directory)/\(name)") }
        }
        return files.sorted()
    }
}
