import Glibc

/// Tells when the plugins of a folder have changed and nobody writes them any more.
///
/// It looks instead of being told: a linker writes a library in many steps, and what counts is that it has stopped.
struct FolderWatch {
    private struct File: Equatable {
        let name: String
        let size: Int
        let modified: Int
        let inode: UInt
    }

    let folder: String
    /// How often it looks. A change is reported when the next look finds nothing newer.
    static let interval: Duration = .milliseconds(100)
    private var reported: [File]
    private var last: [File]

    init(_ folder: String) {
        self.folder = folder
        reported = Self.files(of: folder)
        last = reported
    }

    /// Looks once. Returns whether something has changed since it last said so.
    mutating func hasChanged() -> Bool {
        let files = Self.files(of: folder)
        defer { last = files }
        guard files == last, files != reported else { return false }
        reported = files
        return true
    }

    private static func files(of folder: String) -> [File] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var files: [File] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.hasSuffix(".so"), stat("\(folder)/\(name)", &status) == 0 else { continue }
            files.append(
                File(
                    name: name, size: Int(status.st_size),
                    modified: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec, inode: status.st_ino))
        }
        return files.sorted { $0.name < $1.name }
    }
}
