import ArgumentParser
import PluginHost

/// The command `lectern`: parses its arguments and calls the modules.
@main
struct Lectern: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lectern",
        abstract: "Real-time learning analytics: events in, states, tables and dashboards out, by plugins.",
        discussion: """
            Try it:
              lectern serve                                   a host on http://127.0.0.1:3001
              lectern simulate --to http://127.0.0.1:3001     a class that works
              lectern fold events.jsonl --plugins plugins --out out
            """,
        version: HostVersion.string,
        subcommands: [
            ServeCommand.self, WorkerCommand.self, FoldCommand.self, ReplayCommand.self, SimulateCommand.self,
            PluginCommand.self, DevCommand.self,
            LogCommand.self, RulesCommand.self, TopicsCommand.self, DoctorCommand.self,
            KeyValueStoreCommand.self, DeadLettersCommand.self, EraseCommand.self, ExportCommand.self,
            ConfigCommand.self,
        ])
}
