import ArgumentParser
import FoundationEssentials
import Glibc
import PluginHost
import Reduction

struct PluginCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Try a plugin's library against every rule that a host relies on.",
        discussion: """
            Whatever runs the plugin's code runs in a process of its own, so that a trap is one failed check and the
            others go on. Prints a line for each check, and ends with 1 if one failed.

            With --events the events are folded in many ways, which must all come to the same states: other batches,
            more shards, a restart in the middle, each in a new process. All states that they lead to are then written,
            read, cut short and, where their reducer waits for time, given ticks.

            Examples:
              lectern plugin check build/reading-time.so
              lectern plugin check build/reading-time.so --events class.jsonl
              lectern plugin check engagement.so --with edx-tracking.so --events edx-tracking=tracking.log
              lectern plugin check build/reading-time.so --set plugins.reading-time.settings.limit=5 --json
            """)

    @Argument(help: ArgumentHelp("The plugin's library.", valueName: "file.so"))
    var file: String

    @Option(help: ArgumentHelp("Events to fold: JSON lines, or lines of a source.", valueName: "[source=]file"))
    var events: String?

    @Option(
        name: .customLong("with"), parsing: .singleValue,
        help: ArgumentHelp("Another plugin, whose source reads the events.", valueName: "file.so"))
    var others: [String] = []

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print JSON.")
    var json = false

    /// Runs one check in this process, and prints a `ProbeReport`: how this command calls itself.
    @Option(help: .hidden)
    var probe: PluginProbe?

    func run() async throws {
        try await Command.run {
            if let events, FoldInput(events).path == "-" {
                throw InputFailure("--events: expected a file, found '-'; it is read several times")
            }
            if let probe {
                print(try JSONOutput.line(try PluginProbing(self).run(probe)))
                // What the plugin holds may be broken: nothing of it is ended.
                fflush(nil)
                _exit(0)
            }
            if let events, access(FoldInput(events).path, R_OK) != 0 {
                throw InputFailure("\(FoldInput(events).path): \(String(cString: strerror(errno)))")
            }
            guard access(file, R_OK) == 0 else { throw InputFailure("\(file): \(String(cString: strerror(errno)))") }
            _ = try settings.load(data: ".")
            var checks = PluginChecks(command: self)
            let report = try checks.run()
            print(json ? try JSONOutput.line(report) : report.text)
            guard report.passed else { throw ExitCode.failure }
        }
    }
}

/// What `lectern plugin check` tells.
struct PluginCheckReport: Encodable {
    enum Result: String, Encodable { case ok, failed, skipped }

    struct Line: Encodable {
        let check: String
        let result: Result
        let detail: String
    }

    let file: String
    let passed: Bool
    let checks: [Line]

    init(file: String, checks: [Line]) {
        self.file = file
        self.checks = checks
        passed = !checks.contains { $0.result == .failed }
    }

    var text: String {
        let width = checks.map(\.check.count).max() ?? 0
        let lines = checks.map { line in
            let mark = line.result == .failed ? "FAILED " : line.result == .ok ? "ok     " : "skipped"
            let name = line.check + String(repeating: " ", count: width - line.check.count)
            return "\(mark)  \(name)  \(line.detail)"
        }
        func count(_ result: Result) -> Int { checks.count { $0.result == result } }
        return (lines + ["\(file): \(count(.ok)) ok, \(count(.failed)) failed, \(count(.skipped)) skipped"])
            .joined(separator: "\n")
    }
}
