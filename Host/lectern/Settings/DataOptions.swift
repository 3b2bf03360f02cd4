import ArgumentParser
import EventLog
import Glibc
import KeyValueStore

/// The data of a host, for commands that look at it. The host may be running.
struct DataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"))
    var data = "lectern-data"

    @OptionGroup var settings: SettingsOptions

    /// The log in a data folder, or in this folder itself.
    static func log(in folder: String) throws -> LogDirectory {
        for path in [folder, "\(folder)/log"] where access("\(path)/log.json", F_OK) == 0 {
            return try onDisk(LogDirectory(path))
        }
        throw InputFailure("no log in \(folder): expected a host's data folder, or the folder log in it")
    }

    /// Whether the settings want the log to be signed.
    func mustBeSigned() throws -> Bool { try load().log.integrity }

    /// The log, which is on this disk.
    func log() throws -> LogDirectory {
        try Self.onDisk(LogDirectory(logFolder()))
    }

    private static func onDisk(_ log: LogDirectory) throws -> LogDirectory {
        guard let topic = log.topic else { return log }
        throw InputFailure(
            "\(log.path): the log of this folder is \(topic), and this command reads logs on a disk. "
                + "`lectern fold --log kafka://…` folds a topic, and a running host gives its events at /api/v1/events")
    }

    func deadLetters() throws -> DeadLetters { try LogDirectory(logFolder()).deadLetters() }

    /// The folder of the log, which is there.
    func logFolder() throws -> String {
        let directory = try load().log.directory
        guard access(directory, F_OK) == 0 else {
            throw InputFailure("no log in \(directory); name the host's data folder with --data")
        }
        return directory
    }

    /// - Parameter readOnly: false: to change values of the store.
    func stores(readOnly: Bool = true) throws -> KeyValueStores {
        guard access(data, F_OK) == 0 else {
            throw InputFailure("no data folder \(data); name the host's data folder with --data")
        }
        return try KeyValueStores(try load().stores, folder: data, readOnly: readOnly)
    }

    func load() throws -> HostSettings { try settings.load(data: data) }
}
