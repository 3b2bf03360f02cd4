import ArgumentParser
import EventLog
import Glibc
import KeyValueStore

/// The data of a host, for commands that look at it. The host may be running.
struct DataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"))
    var data = "lectern-data"

    @OptionGroup var settings: SettingsOptions

    func log() throws -> LogDirectory {
        let directory = try load().log.directory
        guard access(directory, F_OK) == 0 else {
            throw InputFailure("no log in \(directory); name the host's data folder with --data")
        }
        return try LogDirectory(directory)
    }

    /// - Parameter readOnly: false: to change values of the store.
    func stores(readOnly: Bool = true) throws -> KeyValueStores {
        guard access(data, F_OK) == 0 else {
            throw InputFailure("no data folder \(data); name the host's data folder with --data")
        }
        return try KeyValueStores(try load().stores, folder: data, readOnly: readOnly)
    }

    private func load() throws -> HostSettings { try settings.load(data: data) }
}
