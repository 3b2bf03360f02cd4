import ArgumentParser

struct PluginReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Have a running host try a plugin again whose build was put away.",
        discussion: """
            A build that ends its workers again and again does not fold any more, or the build before goes on in its
            place; one that has ended the host runs in a worker. `lectern plugin list` and the dashboards say which and
            why. Another build is loaded without being released.

            Examples:
              lectern plugin release quiz-analytics --token lectern-data/tokens
            """)

    @OptionGroup var request: PluginRequestOptions

    func run() async throws { try await request.run("release", unchanged: "was not put away") }
}
