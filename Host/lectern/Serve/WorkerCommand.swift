import ArgumentParser
import Reduction

/// The process that the host starts for a plugin; nobody else has use for it.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run one plugin for a host.", shouldDisplay: false)

    @Argument(help: "The plugin, for who looks at the list of processes.")
    var plugin: String

    func run() { WorkerMain.run() }
}
