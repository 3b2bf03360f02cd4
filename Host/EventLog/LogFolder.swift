import Glibc

/// The folder of a log: its files' names, and the lock that keeps a second process out.
struct LogFolder: Sendable {
    let path: String
    let folder: File

    /// Opens the folder, after making it (for the host's user alone) if `create` is set.
    init(_ path: String, create: Bool) throws {
        if create { try Self.make(path) }
        self.path = path
        folder = try File(path, O_RDONLY | O_DIRECTORY)
    }

    /// Keeps every other process out until this value is gone, or this process.
    func lock() throws {
        guard flock(folder.descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
        guard errno == EWOULDBLOCK else { throw LogError.disk("flock", path) }
        throw LogError(
            .inUse, "\(path): the log is open in another process; stop that host first, or choose another log.directory"
        )
    }

    /// Lets other processes in, before this value is gone.
    func unlock() { _ = flock(folder.descriptor, LOCK_UN) }

    var identityPath: String { path + "/log.json" }
    var deadLettersPath: String { path + "/dead-letters" }

    func segmentPath(_ number: UInt32) -> String {
        let digits = String(number)
        return path + "/" + String(repeating: "0", count: 10 - digits.utf8.count) + digits + Self.suffix
    }

    /// The numbers of the segments that are there, in order.
    func segmentNumbers() throws -> [UInt32] {
        try Self.entries(path).compactMap { name in
            guard name.hasSuffix(Self.suffix), name.utf8.count == 10 + Self.suffix.utf8.count else { return nil }
            return UInt32(name.dropLast(Self.suffix.utf8.count))
        }.sorted()
    }

    static func entries(_ path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw LogError.disk("opendir", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    static func make(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw LogError.disk("mkdir", path)
        }
        try make(String(path[..<slash]))
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw LogError.disk("mkdir", path) }
    }

    private static let suffix = ".segment"
}
