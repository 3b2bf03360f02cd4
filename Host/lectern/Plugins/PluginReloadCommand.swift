import ArgumentParser

struct PluginReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have a running host go on with what its folder of plugins holds now.",
        discussion: """
            The host folds beside itself with the new builds, and they take over when they have caught up: no event is
            lost or counted twice. What can't be loaded, or can't read the states that are there, leaves the build
            before running; the reason is printed, and the exit code is 1.

            Examples:
              lectern plugin reload --to http://127.0.0.1:3001 --token lectern-data/tokens
              lectern plugin reload quiz-analytics --token lectern-data/tokens --json
            """)

    @Argument(help: "The only plugin to look at. Default: all.")
    var plugin: String?

    @OptionGroup var host: RunningHostOptions

    func run() async throws {
        try await Command.run {
            let answer = try host.run("reload", plugin) { answer in
                answer.changes.isEmpty
                    ? "nothing has changed" : "took over after \(Int((answer.seconds * 1000).rounded())) ms"
            }
            if !answer.refused.isEmpty { throw ExitCode(1) }
        }
    }
}
