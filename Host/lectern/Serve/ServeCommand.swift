import ArgumentParser
import CRecords
import Custody
import Glibc
import PluginHost
import Settings
import Synchronization
import Web

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a host: take events, fold them, serve dashboards.",
        discussion: """
            Prints `lectern ready http://HOST:PORT` once it accepts connections. On SIGTERM or Ctrl-C it drains, takes a
            checkpoint and exits with 0. All that it keeps is in the data folder.

            Examples:
              lectern serve
              lectern serve --data /var/lib/lectern --config /etc/lectern.yaml
              lectern serve --listen 127.0.0.1:0 --set ingest.trust=loopback
              lectern serve --watch --plugins my-plugin/.build/release
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"))
    var data = "lectern-data"

    @Option(
        help: ArgumentHelp("Where to listen; port 0 picks a free one. Default 127.0.0.1:3001.", valueName: "host:port"))
    var listen: String?

    @Flag(help: "Load what changes in the folder of plugins, as soon as it is written: for development.")
    var watch = false

    /// Set by whoever runs a host of his own: `lectern dev`.
    @Flag(help: .hidden)
    var endsWithParent = false

    func run() async throws {
        if endsWithParent { lectern_end_with_parent() }
        try await Command.run {
            let settings = try common.load(data: data) { settings in
                if let listen { try settings.set("web.listen=\(listen)") }
            }
            try Folder.make(data)
            let (common, data, plugins, generations) = (common, data, settings.plugins, "\(data)/generations")
            warnOfContradictions(plugins)
            Restart.finish()
            let quarantine = Quarantine(data: data)
            try await settings.custody(data: data).carryOut { Terminal.note($0) }
            let process = try HostProcess(settings, quarantine, data: data, folder: common.pluginFolder) { current in
                var choice = plugins
                choice.verdicts = quarantine.verdicts
                choice.switchedOff = DisabledPlugins(data: data).since
                return common.catalog(choice, generations: generations, current: current)
            }
            let listening = Mutex<ListenAddress?>(nil)
            let beginsAnew = try await process.run(watching: watch ? common.pluginFolder : nil) { address in
                listening.withLock { $0 = address }
                HostAddressFile.write(address, data: data)
                process.restartOnCrash(listening: address)
                print("lectern ready http://\(address)")
                fflush(nil)
            }
            if beginsAnew, let address = listening.withLock({ $0 }) {
                fflush(nil)
                throw Restart.beginAnew(arguments: CommandLine.arguments + ["--listen", "\(address)"])
            }
        }
    }

    /// Says which plugins run although an operator has disabled them.
    private func warnOfContradictions(_ plugins: PluginsConfiguration) {
        for (id, since) in DisabledPlugins(data: data).since.sorted(by: { $0.key < $1.key })
        where plugins.entries[id]?.enabled == true {
            Terminal.warn(
                "an operator has disabled \(id), at \(since), but the settings say plugins.\(id).enabled: true, and win; "
                    + "remove that line so that `lectern plugin disable` decides")
        }
    }
}
