package import EventLog
import Glibc
import Records
import Settings

/// The folder of an archive: what it holds, and how closed files are compressed. Used by one thread at a time, but for
/// `files` and `removeExpired`.
package struct ArchiveFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    func path(of file: ArchivedFile, isOpen: Bool) -> String { "\(path)/\(isOpen ? file.openPath : file.path)" }

    /// The closed files, in order. Blocks while it reads the folders.
    package func files() throws -> [ArchivedFile] {
        try File.names(in: path).filter { $0.first?.isNumber == true }.flatMap { day in
            try File.names(in: "\(path)/\(day)").compactMap { ArchivedFile(day: day, name: $0) }
        }.sorted()
    }

    /// Gives each line of a closed file to `body`, the session's own first, until it returns false. Lines are borrowed for the
    /// call.
    /// - Throws: `LogError` of code `corrupt` if the file is damaged; what `body` throws.
    package func forEachLine(of file: ArchivedFile, _ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        let place = path(of: file, isOpen: false)
        let source = try File(place, O_RDONLY)
        var inflater = ZstdInflater()
        var input = [UInt8](repeating: 0, count: 64 << 10)
        var offset = 0
        var line = Bytes()
        var goesOn = true
        do {
            while goesOn {
                let count = try input.withUnsafeMutableBytes { try source.read(into: $0, at: offset) }
                if count == 0 { break }
                offset += count
                try input.withUnsafeBytes { input in
                    try inflater.inflate(UnsafeRawBufferPointer(rebasing: input[..<count])) { piece in
                        var rest = piece
                        while goesOn, let feed = rest.firstIndex(of: 10) {
                            let end = UnsafeRawBufferPointer(rebasing: rest[..<feed])
                            if line.count == 0 {
                                goesOn = try body(end)
                            } else {
                                line.append(end)
                                goesOn = try body(line.contents)
                                line.truncate()
                            }
                            rest = UnsafeRawBufferPointer(rebasing: rest[(feed + 1)...])
                        }
                        line.append(rest)
                    }
                }
            }
            if goesOn { try inflater.finish() }
        } catch let error as ZstdError {
            throw LogError(.corrupt, "\(place): \(error); restore it from a copy")
        }
    }

    /// Removes closed files whose last event came longer ago than their source's age. Returns how many. Any thread. Blocks.
    /// - Parameter now: microseconds since 1970 UTC.
    package func removeExpired(_ ages: RetentionAges, now: Int64) throws -> Int {
        guard let shortest = ages.shortest else { return 0 }
        var removed = 0
        for file in try files() {
            let path = path(of: file, isOpen: false)
            guard let last = Self.modified(path), last < now - shortest.microseconds else { continue }
            let age = ages.sources.isEmpty ? ages.age : ages.age(of: try source(of: file))
            guard let age, last < now - age.microseconds else { continue }
            try File.remove(path)
            removed += 1
        }
        if removed > 0 { removeEmptyDays() }
        return removed
    }

    /// The source that the file's session has locked.
    private func source(of file: ArchivedFile) throws -> String? {
        var source: String?
        try forEachLine(of: file) { line in
            source = SessionLine(line)?.source
            return false
        }
        return source
    }

    func removeEmptyDays() {
        // Those that are not empty stay.
        for day in (try? File.names(in: path)) ?? [] where day.first?.isNumber == true { rmdir("\(path)/\(day)") }
    }

    /// Microseconds since 1970 UTC.
    static func modified(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000
    }

    // MARK: Closing

    /// Compresses files on which nothing follows, and moves them to their days. What a crash leaves of it, the next call for the
    /// same files makes good.
    func compress(_ files: [ArchivePlace.OpenFile], level: Int) throws {
        var isThere: [ArchivePlace.OpenFile] = []
        for open in files {
            let plain = path(of: open.file, isOpen: true)
            guard access(plain, F_OK) == 0 else { continue }
            try File.makeFolder("\(path)/\(open.day)")
            let target = path(of: open.file, isOpen: false) + Self.partial
            try deflate(plain, to: target, level: level, modified: open.last)
            isThere.append(open)
        }
        guard !isThere.isEmpty else { return }
        // Two waits for the disk for all of the files: before their names stand for them, and before the originals go.
        try sync()
        for open in isThere {
            let target = path(of: open.file, isOpen: false)
            try File.rename(target + Self.partial, to: target)
        }
        try sync()
        for open in isThere { try File.remove(path(of: open.file, isOpen: true)) }
    }

    static let partial = ".partial"

    func sync() throws { try File(path, O_RDONLY | O_DIRECTORY).syncFileSystem() }

    private func deflate(_ plain: String, to path: String, level: Int, modified: Int64) throws {
        let source = try File(plain, O_RDONLY)
        let target = try CompressedFile(path, level: level)
        var input = [UInt8](repeating: 0, count: 256 << 10)
        var offset = 0
        while true {
            let count = try input.withUnsafeMutableBytes { try source.read(into: $0, at: offset) }
            if count == 0 { break }
            offset += count
            try input.withUnsafeBytes { try target.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        try target.finish(modified: modified)
    }
}

/// A zstd file that is being written. Not thread-safe.
final class CompressedFile {
    private let file: File
    private var deflater: ZstdDeflater
    private var length = 0

    init(_ path: String, level: Int) throws {
        file = try File(path, O_WRONLY | O_CREAT | O_TRUNC)
        deflater = ZstdDeflater(level: level)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try deflater.deflate(bytes) { piece in
            try file.write(piece, at: length)
            length += piece.count
        }
    }

    /// - Parameter modified: the time that the file is to bear; microseconds since 1970 UTC.
    func finish(modified: Int64) throws {
        try deflater.finish { piece in
            try file.write(piece, at: length)
            length += piece.count
        }
        let (seconds, rest) = modified.quotientAndRemainder(dividingBy: 1_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(max(rest, 0)) * 1000)
        let times = [time, time]
        if futimens(file.descriptor, times) != 0 { throw LogError.disk("futimens", file.path) }
    }
}
