import Archive
import EventLog

/// What `lectern log info` tells of the archive.
struct ArchiveReport: Encodable {
    /// Compressed files.
    let files: Int
    /// Records of the log that are not in the archive yet.
    let behind: UInt64

    /// Nil if there is none.
    init?(_ configuration: ArchiveConfiguration, _ log: LogDirectory) throws {
        let folder = ArchiveFolder(configuration.directory)
        guard let positions = try folder.positions(), let next = try log.end()?.nextPositions else { return nil }
        files = try folder.files().count
        behind = zip(next, positions).reduce(0) { $0 + ($1.0 > $1.1 ? $1.0 - $1.1 : 0) }
    }

    var text: String { "\(files) compressed files; \(behind) records not in it yet" }
}
