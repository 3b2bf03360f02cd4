import ArgumentParser
import Records

struct PluginTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests of a plugin's package.",
        discussion: """
            Runs `swift test` so that PluginTesting folds with this program. What follows -- is handed to `swift test`.

            Examples:
              lectern plugin test
              lectern plugin test reading-time
              lectern plugin test reading-time -- --filter twoQuizzes
            """)

    @Argument(help: ArgumentHelp("The folder of the package.", valueName: "folder"))
    var folder = "."

    @Argument(parsing: .postTerminator, help: ArgumentHelp("For `swift test`.", valueName: "arguments"))
    var arguments: [String] = []

    func run() async throws {
        try await Command.run {
            let tests = try PluginPackage(folder).swift("test", arguments)
            guard try tests.run() == .code(0) else { throw ExitCode.failure }
        }
    }
}
