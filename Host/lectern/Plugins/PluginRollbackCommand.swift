import ArgumentParser

struct PluginRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Have a running host go back to the build of a plugin that ran before.",
        discussion: """
            No event is lost or counted twice: the build before takes over as any other does, and its states are carried
            over, migrated or made anew. The plugin's file stays as it is, and is not loaded until another build lies
            there or `release` says so.

            Examples:
              lectern plugin rollback quiz-analytics --token lectern-data/tokens
            """)

    @OptionGroup var request: PluginRequestOptions

    func run() async throws { try await request.run("rollback", unchanged: "is as it was") }
}
