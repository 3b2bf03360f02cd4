import Glibc

/// What a folder of plugins holds: those that were loaded, those that the settings keep off, and why others were
/// refused.
package struct PluginCatalog: Sendable {
    package let plugins: [Plugin]
    package let refusals: [PluginRefusal]
    package let off: [PluginOff]

    /// Stages every `*.so` of the folder, in the order of their names, and loads those that the settings allow. One that
    /// is refused does not keep the others out.
    ///
    /// - Parameters:
    ///   - generations: the folder that builds are staged in; made if it is missing.
    ///   - report: receives what plugins write to the log; called on any thread.
    package static func load(
        from directory: String, generations: String, _ configuration: PluginsConfiguration,
        report: @escaping @Sendable (PluginMessage) -> Void
    ) -> PluginCatalog {
        var plugins: [Plugin] = []
        var refusals: [PluginRefusal] = []
        var off: [PluginOff] = []
        var sources: [String: String] = [:]
        let staging = Staging(directory: generations)
        for file in libraries(in: directory) {
            do throws(PluginRefusal) {
                let staged = try staging.stage(file)
                if let why = configuration.reason(against: staged.identity) {
                    off.append(PluginOff(identity: staged.identity, file: file, why: why))
                    continue
                }
                try staged.identity.check(file: file)
                if let other = plugins.first(where: { $0.id == staged.identity.id }) {
                    throw PluginRefusal(
                        file: file, field: "id", wanted: "an id that no other plugin has",
                        found: "“\(other.id)”, as \(other.file)", remedy: "remove one of the two")
                }
                let plugin = try Plugin(
                    staged, settings: configuration.entries[staged.identity.id]?.settings ?? "{}",
                    report: report)
                for source in plugin.sources {
                    guard let other = sources[source.id] else { continue }
                    throw PluginRefusal(
                        file: file, field: "source \(source.id)", wanted: "an id that no other source has",
                        found: "the same in plugin \(other)")
                }
                for source in plugin.sources { sources[source.id] = plugin.id }
                plugins.append(plugin)
            } catch {
                refusals.append(error)
            }
        }
        return PluginCatalog(plugins: plugins, refusals: refusals, off: off)
    }

    /// The source of that id in any plugin.
    package func source(_ id: String) -> SourceComponent? {
        plugins.lazy.flatMap(\.sources).first { $0.id == id }
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
