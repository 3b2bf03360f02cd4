import ArgumentParser
import PluginHost
import Settings

/// Where settings and plugins come from: the same for every command that needs them.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A file of settings in YAML.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("One setting; wins over the file and the environment.", valueName: "key=value"))
    var assignments: [String] = []

    @Option(help: ArgumentHelp("The folder of plugins. Default: plugins, beside the program's folder.", valueName: "folder"))
    var plugins: String?

    /// The checked settings. `override` comes last.
    func load(data: String = ".", _ override: (inout Settings) throws -> Void = { _ in }) throws -> HostSettings {
        var settings = try Settings.load(file: config, assignments: assignments)
        try override(&settings)
        return try HostSettings(settings, data: data)
    }

    /// Loads the plugins; says on standard error which are refused, and what plugins say themselves.
    func catalog(_ configuration: PluginsConfiguration, generations: String? = nil) throws -> PluginCatalog {
        let folder = plugins ?? "\(Folder.ofProgram)/../plugins"
        let catalog = PluginCatalog.load(
            from: folder, generations: generations ?? Folder.cache("generations"),
            settings: { configuration.settings[$0] ?? "{}" },
            report: { Terminal.note("\($0.plugin): \($0.text)") })
        for refusal in catalog.refusals { Terminal.warn("\(refusal)") }
        if catalog.plugins.isEmpty {
            Terminal.warn("no plugin in \(folder): nothing will be folded. Name the folder with --plugins.")
        }
        for id in configuration.settings.keys.sorted() where !catalog.plugins.contains(where: { $0.id == id }) {
            Terminal.warn("settings for plugins.\(id), which is not in \(folder)")
        }
        return catalog
    }
}
