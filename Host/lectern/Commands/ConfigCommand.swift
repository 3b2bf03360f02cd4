import ArgumentParser
import Enrichment
import Ingest
import PluginHost
import Rules
import Settings
import Web

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Settings: are they right, and what holds.",
        subcommands: [ConfigCheckCommand.self, ConfigPrintCommand.self])
}

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check all settings; every mistake is said at once, with its place.",
        discussion: """
            With --plugins, the plugins are asked whether their own settings are right, too, and pinned versions and builds
            are looked for. Exits with 1 if something is wrong.

            Examples:
              lectern config check --config lectern.yaml
              lectern config check --config lectern.yaml --plugins dist/plugins
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await Command.run {
            let configuration = try common.load()
            for warning in try BlockList(files: configuration.ingest.rules).warnings { Terminal.warn(warning) }
            _ = try FilterSource(configuration.filters)
            if common.plugins != nil {
                let catalog = common.catalogQuietly(configuration.plugins)
                for plugin in catalog.off where !plugin.isPinnedElsewhere { Terminal.note("\(plugin)") }
                var problems =
                    catalog.refusals.map { "\($0)" } + catalog.off.filter(\.isPinnedElsewhere).map { "\($0)" }
                let plugins = catalog.plugins.map(\.description)
                do throws(DerivedColumnsError) {
                    let functions = plugins.flatMap { plugin in
                        // They are named here, not called.
                        plugin.functions.map { CallableFunction($0, of: plugin.id) { _, _ in [] } }
                    }
                    _ = try DerivedColumns(configuration.plugins.tables, plugins, functions: functions)
                } catch {
                    problems += error.problems
                }
                problems += configuration.enrichment.problems(
                    with: EnrichingPlugin.named(plugins, configuration.plugins.tables), mayLackFunctions: false)
                problems += configuration.metrics.problems(with: plugins, added: configuration.plugins.tables)
                problems += configuration.alerts.problems(with: plugins, added: configuration.plugins.tables)
                if !problems.isEmpty { throw InputFailure(problems.joined(separator: "\n")) }
            }
            print("the settings are right")
        }
    }
}

struct ConfigPrintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print",
        abstract: "Print every setting with the value that holds, as YAML. Secrets stay where they are.",
        discussion: """
            Examples:
              lectern config print
              lectern config print --config lectern.yaml --set reduction.shards=4 > all.yaml
            """)

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await Command.run {
            print(Self.yaml(try HostSettings.list(try settings.read(), data: "lectern-data")).joined(separator: "\n"))
        }
    }

    /// Sections in their order, members indented; a comment marks defaults.
    private static func yaml(_ settings: [EffectiveSetting]) -> [String] {
        var lines: [String] = []
        var open: [Substring] = []
        // A section that was asked for in two parts is printed in one.
        let sections = settings.map { $0.path.split(separator: ".").dropLast().first ?? "" }
        let order = settings.indices.sorted {
            (sections.firstIndex(of: sections[$0])!, $0) < (sections.firstIndex(of: sections[$1])!, $1)
        }
        for setting in order.map({ settings[$0] }) {
            let parts = setting.path.split(separator: ".")
            let shared = zip(open, parts.dropLast()).prefix { $0 == $1 }.count
            for depth in shared..<(parts.count - 1) {
                lines.append(String(repeating: "  ", count: depth) + "\(parts[depth]):")
            }
            open = parts.dropLast()
            let line = String(repeating: "  ", count: parts.count - 1) + "\(parts[parts.count - 1]): \(setting.value)"
            lines.append(setting.isDefault ? "\(line)  # default" : line)
        }
        return lines
    }
}
