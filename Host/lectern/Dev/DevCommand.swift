import ArgumentParser
import FoundationEssentials
import Glibc
import PluginHost
import Reduction

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Work on a plugin: each edit is built, loaded and shown, until Ctrl-C.",
        discussion: """
            Watches the sources of the package, builds them as `plugin build` does, and has a host go on with the build. Then
            it shows the plugin's states and rows, and after each edit what that changed in them. What does not compile, is
            refused or traps is said here, and the build before goes on.

            The host is a private one, with a data folder that is gone at the end. It gets the package's events.jsonl, or
            what --events names, and folds all of it anew with each build. More can be sent to the address that is printed.

            With --to it is a host that runs already. It goes on from the states that it has, as with `plugin reload`.

            Examples:
              lectern dev reading-time
              lectern dev reading-time --events class.jsonl --listen 127.0.0.1:3001
              lectern dev engagement --with dist/plugins/edx-tracking.so --events edx-tracking=tracking.log.gz
              lectern dev reading-time --to http://127.0.0.1:3001 --token lectern-data/tokens --plugins plugins
            """)

    @Argument(help: ArgumentHelp("The folder of the package.", valueName: "path"))
    var path = "."

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Events for the private host; may be repeated. Default: events.jsonl of the package.",
            valueName: "[source=]file"))
    var events: [String] = []

    @Option(
        name: .customLong("with"), parsing: .singleValue,
        help: ArgumentHelp("Another plugin for the private host, such as a source.", valueName: "file.so"))
    var others: [String] = []

    @Option(help: ArgumentHelp("Where the private host listens. Default: a free port.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("A running host to go to, instead of a private one.", valueName: "url"))
    var to: String?

    @Option(help: ArgumentHelp("A file with an operator's token of that host.", valueName: "file"))
    var token: String?

    @Option(help: ArgumentHelp("The folder that this host loads its plugins from.", valueName: "folder"))
    var plugins: String?

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print a line of JSON for each edit.")
    var json = false

    func validate() throws {
        if to != nil {
            guard plugins != nil else {
                throw ValidationError("--to: expected --plugins as well, the folder that the host loads plugins from")
            }
            guard events.isEmpty, others.isEmpty, listen == nil else {
                throw ValidationError(
                    "--events, --with and --listen are for a private host; send events to a running one with: lectern "
                        + "replay FILE --to \(to ?? "")")
            }
        } else if token != nil || plugins != nil {
            throw ValidationError("--token and --plugins go with --to, the host that they belong to")
        }
    }

    func run() async throws {
        try await Command.run {
            let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            let package = try PluginPackage(path)
            let session = try DevSession(
                PluginCompilation(package: package), try target(), events: try inputs(path), json: json)
            try session.run()
        }
    }

    private func target() throws -> DevTarget {
        if let to, let plugins {
            let client = try OperatorClient(try HostAddress(url: to), tokenFile: token)
            _ = try client.get("/livez")
            try Folder.make(plugins)
            return .running(client, folder: plugins)
        }
        let host = try PrivateHost(settings, listen: listen ?? "127.0.0.1:0")
        for file in others {
            guard let name = file.split(separator: "/").last, access(file, R_OK) == 0 else {
                throw InputFailure("\(file): \(String(cString: strerror(errno)))")
            }
            try FileManager.default.copyItem(atPath: file, toPath: "\(host.plugins)/\(name)")
        }
        return .own(host)
    }

    /// The events for a private host.
    private func inputs(_ path: String) throws -> [FoldInput] {
        let sample = "\(path)/events.jsonl"
        if events.isEmpty {
            return to == nil && access(sample, R_OK) == 0
                ? [FoldInput(jsonLines: sample)] : []
        }
        let inputs = events.map { FoldInput($0) }
        for input in inputs where access(input.path, R_OK) != 0 || input.path == "-" {
            throw InputFailure(
                "--events \(input.path): \(input.path == "-" ? "expected a file" : String(cString: strerror(errno)))")
        }
        return inputs
    }
}
