import ArgumentParser
import FoundationEssentials
import Glibc
import PluginHost
import Reduction

struct PluginDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Fold recorded traffic with two builds of a plugin, and tell what differs.",
        discussion: """
            Tells of states and table rows how many were added, removed and changed, with a few examples; which events are
            refused by one build alone; and which of the builds is faster. Both fold everything, whatever versions they give.
            Each has a process of its own: if one traps, that is said, with the events that it was given.

            The traffic is a host's log (--log; only read, the host may be running), or files as for `lectern fold`.

            Ends with 0 if there is no difference, 1 if there is one, and 2 if they could not be compared. Speed is no
            difference.

            Examples:
              lectern plugin diff plugins/quiz-analytics.so build/quiz-analytics.so --log /var/lib/lectern
              lectern plugin diff old.so new.so class.jsonl --json
              lectern plugin diff old.so new.so edx-tracking=tracking.log.gz --with edx-tracking.so
            """)

    @Argument(help: ArgumentHelp("The build before.", valueName: "old.so"))
    var old: String

    @Argument(help: ArgumentHelp("The build after.", valueName: "new.so"))
    var new: String

    @Argument(help: ArgumentHelp("Files of events.", valueName: "[source=]input"))
    var inputs: [String] = []

    @Option(help: ArgumentHelp("A host's data folder, or the log in it.", valueName: "folder"))
    var log: String?

    @Option(
        name: .customLong("with"), parsing: .singleValue,
        help: ArgumentHelp("Another plugin, whose source reads the events.", valueName: "file.so"))
    var others: [String] = []

    @Option(help: "Examples of each kind for each reducer and table.")
    var examples = 3

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if inputs.isEmpty == (log == nil) {
            throw ValidationError("expected files of events, or --log with a data folder")
        }
        guard 0...10_000 ~= examples else { throw ValidationError("--examples: expected 0 to 10000") }
    }

    func run() async throws {
        let differs: Bool
        do {
            differs = try compare()
        } catch {
            Terminal.fail("\(error)")
            throw ExitCode(2)
        }
        if differs { throw ExitCode(1) }
    }

    private func compare() throws -> Bool {
        let identities = try [old, new].map { file in
            do throws(PluginRefusal) { return try PluginIdentity(of: file) } catch { throw InputFailure("\(error)") }
        }
        guard identities[0].id == identities[1].id else {
            throw InputFailure(
                "expected two builds of one plugin, found \(identities[0].id) in \(old) and \(identities[1].id) in \(new)"
            )
        }
        for input in inputs.map({ FoldInput($0) })
        where !input.isTick && (input.path == "-" || access(input.path, R_OK) != 0) {
            throw InputFailure(
                "\(input.path): "
                    + (input.path == "-" ? "expected a file, since it is read twice" : String(cString: strerror(errno)))
            )
        }
        var traffic = inputs
        if let log {
            _ = try DataOptions.log(in: log)
            traffic = ["--log", log]
        }
        let folder = try Folder.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var runs: [BuildRun] = []
        for (file, (identity, name)) in zip([old, new], zip(identities, ["old", "new"])) {
            runs.append(
                try BuildRun(
                    file, identity: identity, with: others, traffic: traffic, settings: settings,
                    in: "\(folder)/\(name)"))
        }
        let report = try DiffReport(runs[0], old, runs[1], new, examples: examples)
        print(json ? try JSONOutput.line(report) : report.text)
        return report.differs
    }
}
