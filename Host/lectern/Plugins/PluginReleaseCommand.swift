import ArgumentParser

struct PluginReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let a plugin be loaded again whose build has crashed the host.",
        discussion: """
            A build in which the host has crashed three times is not loaded any more; the host goes on with the others.
            Another build of the plugin is loaded without being released. A running host takes notice at its next reload.

            Examples:
              lectern plugin release quiz-analytics --data /var/lib/lectern
              lectern plugin reload quiz-analytics --token /var/lib/lectern/tokens
            """)

    @Argument(help: "The plugin's id.")
    var plugin: String

    @Option(help: ArgumentHelp("The host's data folder.", valueName: "folder"))
    var data = "lectern-data"

    func run() async throws {
        try await Command.run {
            var quarantine = Quarantine(data: data)
            guard try quarantine.release(plugin) else {
                let known = quarantine.entries.keys.sorted().joined(separator: ", ")
                throw InputFailure(
                    "\(data): the host has not crashed in \(plugin)\(known.isEmpty ? "" : "; it has in \(known)")")
            }
            print("\(plugin) may be loaded again")
        }
    }
}
