import ArgumentParser

struct PluginEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Have a running host load a plugin that was disabled.",
        discussion: """
            The plugin goes on from its last checkpoint: it folds what came meanwhile, and ends where it would be had it
            never been off. Where the settings say plugins.ID.enabled, they decide, and this is refused.

            Examples:
              lectern plugin enable quiz-analytics --token lectern-data/tokens
              lectern plugin enable quiz-analytics --to http://127.0.0.1:3001 --token lectern-data/tokens --json
            """)

    @OptionGroup var request: PluginRequestOptions

    func run() async throws { try await request.run("enable", unchanged: "was not disabled") }
}

struct PluginDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Have a running host go on without a plugin.",
        discussion: """
            No event is lost: its checkpoint stays, and `enable` lets it go on from there. It stays off when the host is
            started again. Where the settings say plugins.ID.enabled, they decide, and this is refused.

            Examples:
              lectern plugin disable quiz-analytics --token lectern-data/tokens
              lectern plugin disable quiz-analytics --to http://127.0.0.1:3001 --token lectern-data/tokens --json
            """)

    @OptionGroup var request: PluginRequestOptions

    func run() async throws { try await request.run("disable", unchanged: "is off already") }
}

struct PluginRebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Have a running host make a plugin's states anew, from the log's first record.",
        discussion: """
            For a build that counts otherwise than the one before without saying so by a new version. What the plugin's
            file holds now is folded; the states before are shown until the new ones are there.

            Examples:
              lectern plugin rebuild quiz-analytics --token lectern-data/tokens
            """)

    @OptionGroup var request: PluginRequestOptions

    func run() async throws { try await request.run("rebuild", unchanged: "has its states anew") }
}
