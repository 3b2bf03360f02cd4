import Glibc
import Records

/// Tells when the sources of a package have changed and nobody writes them any more. Not thread-safe.
///
/// It looks instead of being told, since editors write in many ways: over the file, beside it and renamed, twice.
struct SourceWatch {
    /// When something was changed, and what.
    struct Change {
        /// Microseconds since 1970 UTC, as the file system says.
        let time: Int64
        let files: Set<String>
    }

    private struct File: Equatable {
        let size: Int
        let modified: Int64
        let inode: UInt
    }

    /// From one look to the next; a change is reported when the look after it finds nothing newer.
    static let interval: UInt32 = 25_000
    /// Folders of the package whose files are in no library.
    private static let leftOut: Set<String> = ["build", "Tests"]
    private static let depth = 16

    private let folder: String
    private let others: [String]
    private var reported: [String: File]
    private var last: [String: File]

    /// - Parameters:
    ///   - folder: the package's.
    ///   - others: files elsewhere.
    init(_ folder: String, others: [String]) {
        self.folder = folder
        self.others = others
        reported = Self.files(folder, others)
        last = reported
    }

    /// Looks once. Returns what has changed since it last said so, if it has come to rest.
    mutating func change() -> Change? {
        let files = Self.files(folder, others)
        defer { last = files }
        guard files == last, files != reported else { return nil }
        let before = reported
        reported = files
        let changed = files.filter { before[$0.key] != $0.value }
        let names = Set(changed.keys).union(before.keys.filter { files[$0] == nil })
        let now = WallClock.microseconds
        // A file that was moved here or checked out brings an older time along, another machine's clock a later one.
        let newest = changed.values.map { $0.modified / 1000 }.max() ?? now
        return Change(time: now - newest < 2_000_000 && newest <= now ? newest : now, files: names)
    }

    private static func files(_ folder: String, _ others: [String]) -> [String: File] {
        var files: [String: File] = [:]
        add(folder, depth: 0, to: &files)
        for path in others { files[path] = file(path)?.file }
        return files
    }

    private static func add(_ folder: String, depth: Int, to files: inout [String: File]) {
        guard depth < Self.depth, let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // Hidden: .build, .git, what editors put down for themselves.
            if name.hasPrefix(".") || name.hasPrefix("#") || name.hasSuffix("~") { continue }
            if depth == 0, leftOut.contains(name) || name == "Package.resolved" { continue }
            let path = "\(folder)/\(name)"
            guard let found = file(path) else { continue }
            if found.isFolder { add(path, depth: depth + 1, to: &files) } else { files[path] = found.file }
        }
    }

    private static func file(_ path: String) -> (file: File, isFolder: Bool)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return (
            File(size: Int(status.st_size), modified: modified, inode: status.st_ino),
            status.st_mode & S_IFMT == S_IFDIR
        )
    }
}
