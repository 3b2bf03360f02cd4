import ArgumentParser
import Foundation

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

    @Option(help: ArgumentHelp("The host.", valueName: "url"))
    var to = "http://127.0.0.1:3001"

    @Option(help: ArgumentHelp("A file with an operator's token, such as the host's own tokens.", valueName: "file"))
    var token: String?

    @Flag(help: "Print the host's answer, JSON.")
    var json = false

    /// What the host answers.
    private struct Answer: Decodable {
        struct Change: Decodable {
            let id: String
            let change: String
            let build: String
        }

        let changes: [Change]
        let rebuilt: [String]
        let refused: [String]
        let seconds: Double
    }

    private struct Refusal: Decodable {
        struct Reason: Decodable { let message: String }
        let error: Reason
    }

    func run() async throws {
        try await Command.run {
            let address = try HostAddress(url: to)
            let path = "/api/v1/plugins/\(plugin.map { "\($0)/" } ?? "")reload"
            let token = try token.map { try TokenFile.token(of: "operator", in: $0) }
            let (status, body) = try answer(HostRequest("POST", address, path: path, token: token), address)
            guard status == 200, let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.utf8)) else {
                let reason = (try? JSONDecoder().decode(Refusal.self, from: Data(body.utf8)))?.error.message
                let remedy = status == 401 || status == 403 ? " Name a file with an operator's token: --token." : ""
                throw InputFailure("\(address): \(reason ?? "answered with status \(status)")\(remedy)")
            }
            if json { print(body) } else { show(answer) }
            if !answer.refused.isEmpty { throw ExitCode(1) }
        }
    }

    private func answer(_ request: HostRequest, _ address: HostAddress) throws -> (status: Int, body: String) {
        do throws(ConnectionFailure) {
            return try request.run(seconds: 600)
        } catch {
            throw InputFailure("\(address): \(error.reason)")
        }
    }

    private func show(_ answer: Answer) {
        for change in answer.changes {
            let how = answer.rebuilt.contains(change.id) ? ", its states made anew from the first record" : ""
            print("\(change.id) \(change.change): build \(change.build.prefix(12))\(how)")
        }
        for reason in answer.refused { Terminal.warn(reason) }
        print(
            answer.changes.isEmpty
                ? "nothing has changed" : "took over after \(Int((answer.seconds * 1000).rounded())) ms")
    }
}
