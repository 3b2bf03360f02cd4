import EventLog
import FoundationEssentials
import Glibc

/// How far the archive has come, and how long its open files were there: what a crash goes back to.
///
/// It is written after the lines that it counts. Whatever an open file has beyond it is cut off when the archive is
/// opened, and comes again from the log, so that each event is there once.
struct ArchivePlace: Codable, Equatable {
    struct OpenFile: Codable, Equatable {
        var day: String
        var session: UInt32
        var part: Int
        var bytes: Int
        /// When its last event arrived; microseconds since 1970 UTC.
        var last: Int64
        /// No line follows.
        var isClosed: Bool

        var file: ArchivedFile { ArchivedFile(day: day, session: session, part: part) }
    }

    /// The log's id, in hexadecimal.
    var log: String
    /// For each partition the position of the first record that is not in the archive.
    var positions: [UInt64]
    var files: [OpenFile]

    static func path(_ folder: String) -> String { "\(folder)/place.json" }

    /// Nil if there is none yet.
    static func load(_ folder: String) throws -> ArchivePlace? {
        let path = path(folder)
        guard access(path, F_OK) == 0 else { return nil }
        do {
            return try JSONDecoder().decode(ArchivePlace.self, from: Data(File(path, O_RDONLY).contents()))
        } catch is DecodingError {
            throw LogError(
                .corrupt, "\(path): not what the archive has written there; restore it, or move \(folder) away")
        }
    }

    /// Replaces what is stored, in one step.
    func store(_ folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let path = Self.path(folder)
        let bytes: Data
        do { bytes = try encoder.encode(self) } catch { throw LogError(.corrupt, "\(path): \(error)") }
        try File.replace(path, with: Array(bytes))
    }
}

extension ArchiveFolder {
    /// For each partition the position of the first record that is not in the archive for good; nil: there is no archive.
    package func positions() throws -> [UInt64]? { try ArchivePlace.load(path)?.positions }
}
