import EventLog
import Glibc

/// The files that are open for writing, at most so many. Used by the archive's thread alone.
struct OpenFiles {
    private struct Entry {
        let file: File
        var used: UInt64
    }

    private let limit: Int
    private var entries: [ArchivedFile: Entry] = [:]
    private var uses: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    /// The file, opened or made if it is not among them; then the one that was not used for longest is closed.
    mutating func file(_ file: ArchivedFile, at path: String) throws -> File {
        uses += 1
        if let found = entries[file]?.file {
            entries[file]?.used = uses
            return found
        }
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.used < $1.value.used })?.key {
            entries[oldest] = nil
        }
        let opened = try File(path, O_WRONLY | O_CREAT)
        entries[file] = Entry(file: opened, used: uses)
        return opened
    }

    mutating func close(_ file: ArchivedFile) { entries[file] = nil }
}
