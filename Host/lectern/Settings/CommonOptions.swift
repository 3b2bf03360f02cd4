import ArgumentParser
import PluginHost
import Settings

/// Where settings and plugins come from: the same for every command that needs them.
struct CommonOptions: ParsableArguments {
    @OptionGroup var settings: SettingsOptions

    @Option(
        help: ArgumentHelp("The folder of plugins. Default: plugins, beside the program's folder.", valueName: "folder")
    )
    var plugins: String?

    /// The checked settings. `override` comes last.
    func load(data: String = ".", _ override: (inout Settings) throws -> Void = { _ in }) throws -> HostSettings {
        try settings.load(data: data, override)
    }

    var pluginFolder: String { plugins ?? "\(Folder.ofProgram)/../plugins" }

    /// Loads the plugins; says on standard error which are refused or off, and what plugins say themselves.
    ///
    /// - Parameter current: plugins that run; see `PluginCatalog.load`.
    func catalog(
        _ configuration: PluginsConfiguration, generations: String? = nil, current: [PluginBuild] = []
    ) -> PluginCatalog {
        let catalog = catalogQuietly(configuration, generations: generations, current: current)
        for refusal in catalog.refusals { Terminal.warn("\(refusal)") }
        for plugin in catalog.off {
            if plugin.isPinnedElsewhere { Terminal.warn("\(plugin)") } else { Terminal.note("\(plugin)") }
        }
        if catalog.plugins.isEmpty && catalog.off.isEmpty {
            Terminal.warn("no plugin in \(pluginFolder): nothing will be folded. Name the folder with --plugins.")
        } else if catalog.plugins.isEmpty {
            Terminal.warn(
                "no plugin in \(pluginFolder) is on: nothing will be folded. See the section plugins of the settings.")
        }
        let found = Set(catalog.plugins.map(\.id) + catalog.off.map(\.id))
        for id in configuration.entries.keys.sorted() where !found.contains(id) {
            Terminal.warn("settings for plugins.\(id), which is not in \(pluginFolder)")
        }
        for id in Set(configuration.tables.columns.keys.map(\.plugin)).sorted() where !found.contains(id) {
            Terminal.warn("settings for tables.\(id), a plugin that is not in \(pluginFolder)")
        }
        return catalog
    }

    /// As `catalog`, but leaves it to the caller to say what was refused or is off.
    func catalogQuietly(
        _ configuration: PluginsConfiguration, generations: String? = nil, current: [PluginBuild] = []
    ) -> PluginCatalog {
        PluginCatalog.load(
            from: pluginFolder, generations: generations ?? Folder.cache("generations"), configuration,
            current: current, report: { Terminal.note("\($0.plugin): \($0.text)") })
    }
}
