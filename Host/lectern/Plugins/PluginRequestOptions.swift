import ArgumentParser

/// A running host that an operator asks something, and how its answer is printed.
struct RunningHostOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The host.", valueName: "url"))
    var to = "http://127.0.0.1:3001"

    @Option(help: ArgumentHelp("A file with an operator's token, such as the host's own tokens.", valueName: "file"))
    var token: String?

    @Flag(help: "Print the host's answer, JSON.")
    var json = false

    /// Asks, and prints what the answer says has changed.
    ///
    /// - Parameters:
    ///   - plugin: nil: all.
    ///   - summary: a last line, of the answer; nil: none.
    func run(
        _ action: String, _ plugin: String?, summary: (OperatorClient.Answer) -> String?
    ) throws -> OperatorClient.Answer {
        let client = try OperatorClient(try HostAddress(url: to), tokenFile: token)
        let (answer, body) = try client.post(action, plugin)
        if json {
            print(body)
            return answer
        }
        for line in answer.lines { print(line) }
        for reason in answer.refused { Terminal.warn(reason) }
        if let line = summary(answer) { print(line) }
        return answer
    }
}

/// One plugin of a running host, and what is done to it.
struct PluginRequestOptions: ParsableArguments {
    @Argument(help: "The plugin's id.")
    var plugin: String

    @OptionGroup var host: RunningHostOptions

    /// - Parameter unchanged: what is to be said if the host's set of plugins is what it was.
    func run(_ action: String, unchanged: String) async throws {
        try await Command.run {
            _ = try host.run(action, plugin) { $0.changes.isEmpty ? "\(plugin) \(unchanged)" : nil }
        }
    }
}
