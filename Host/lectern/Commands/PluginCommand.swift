import ArgumentParser
import PluginHost

struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Plugins: make, build, test and check one; list those of a folder; change a running host's.",
        subcommands: [
            PluginNewCommand.self, PluginDiffCommand.self, PluginBuildCommand.self, PluginTestCommand.self,
            PluginCheckCommand.self,
            PluginListCommand.self, PluginEnableCommand.self, PluginDisableCommand.self, PluginReloadCommand.self,
            PluginRebuildCommand.self, PluginReleaseCommand.self,
            PluginRollbackCommand.self,
        ])
}

struct PluginListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the plugins of a folder, and those that are off or refused with the reason.",
        discussion: """
            Examples:
              lectern plugin list
              lectern plugin list --plugins build/plugins --json
              lectern plugin list --config production.yaml --data /var/lib/lectern
            """)

    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "A host's data folder: what its operators have disabled is off, and what was put away says why.",
            valueName: "folder"))
    var data: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await Command.run {
            var configuration = try common.load().plugins
            if let data {
                configuration.verdicts = Quarantine(data: data).verdicts
                configuration.switchedOff = DisabledPlugins(data: data).since
            }
            let catalog = common.catalogQuietly(configuration)
            let listing = PluginsReport(catalog, folder: common.pluginFolder)
            print(json ? try JSONOutput.line(listing) : listing.text)
        }
    }
}

/// What `lectern plugin list` tells.
struct PluginsReport: Encodable {
    struct Entry: Encodable {
        let id: String
        let version: String
        let language: String
        let sdk: String
        let build: String
        let file: String
        let sources: [String]
        let reducers: [String]
        let aggregators: [String]
        let tables: [String]
        let dashboards: [String]
        let functions: [String]
        /// `counts from version 1 to 2`.
        let migrations: [String]
    }

    struct Refusal: Encodable {
        let file: String
        let field: String
        let wanted: String
        let found: String
        let remedy: String
    }

    /// A plugin that the settings or an operator keep off.
    struct Off: Encodable {
        let id: String
        let version: String
        let build: String
        let file: String
        let reason: String
    }

    let folder: String
    let plugins: [Entry]
    let off: [Off]
    let refused: [Refusal]

    init(_ catalog: PluginCatalog, folder: String) {
        self.folder = folder
        plugins = catalog.plugins.map { plugin in
            Entry(
                id: plugin.id, version: plugin.identity.version, language: plugin.identity.language,
                sdk: plugin.identity.sdk, build: plugin.identity.build, file: plugin.file,
                sources: plugin.description.sources,
                reducers: plugin.description.reducers.map { "\($0.id)@\($0.version)" },
                aggregators: plugin.description.aggregators, tables: plugin.description.tables.map(\.id),
                dashboards: plugin.description.dashboards.map(\.id),
                functions: plugin.description.functions.map(\.summary),
                migrations: plugin.description.migrations.map(\.description))
        }
        off = catalog.off.map {
            Off(
                id: $0.id, version: $0.identity.version, build: $0.identity.build, file: $0.file, reason: $0.reason)
        }
        refused = catalog.refusals.map {
            Refusal(file: $0.file, field: $0.field, wanted: $0.wanted, found: $0.found, remedy: $0.remedy)
        }
        refusals = catalog.refusals
        stopped = catalog.plugins.compactMap { plugin in
            plugin.stop.map { "\(plugin.id) \(plugin.identity.version) does not fold: \($0.reason)" }
        }
    }

    /// What does not fold, and why, in words; not encoded.
    private let stopped: [String]
    /// In words; not encoded.
    private let refusals: [PluginRefusal]

    private enum CodingKeys: String, CodingKey { case folder, plugins, off, refused }

    var text: String {
        var lines: [String] = []
        if plugins.isEmpty && off.isEmpty {
            lines.append("no plugin in \(folder); name the folder with --plugins")
        } else if !plugins.isEmpty {
            var table = TextTable(
                "PLUGIN", "VERSION", "LANGUAGE", "BUILD", "SOURCES", "REDUCERS", "TABLES", "DASHBOARDS",
                "FUNCTIONS")
            for plugin in plugins {
                table.add(
                    plugin.id, plugin.version, plugin.language, String(plugin.build.prefix(12)),
                    "\(plugin.sources.count)", "\(plugin.reducers.count)", "\(plugin.tables.count)",
                    "\(plugin.dashboards.count)", "\(plugin.functions.count)")
            }
            lines += table.lines
        }
        lines += stopped
        lines += off.map { "\($0.id) \($0.version) off: \($0.reason) (\($0.file))" }
        return (lines + refusals.map { "\($0)" }).joined(separator: "\n")
    }
}
