import CRecords
import Glibc

/// An open file or folder, closed at its end. Whatever fails throws a `LogError` that names file and reason.
package final class File: Sendable {
    package let path: String
    package let descriptor: Int32

    /// A file that it makes is for the host's user alone.
    package convenience init(_ path: String, _ flags: Int32) throws { try self.init(path, flags, mode: 0o600) }

    init(_ path: String, _ flags: Int32, mode: mode_t) throws {
        self.path = path
        descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
        if descriptor < 0 { throw LogError.disk("open", path) }
    }

    deinit { Glibc.close(descriptor) }

    package func size() throws -> Int {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw LogError.disk("stat", path) }
        return Int(status.st_size)
    }

    /// Reads up to `bytes.count` bytes; fewer only at the file's end.
    package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        var done = 0
        while done < bytes.count, let start = bytes.baseAddress {
            let count = pread(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw LogError.disk("read", path)
            }
            done += count
        }
        return done
    }

    package func contents() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: try size())
        let count = try bytes.withUnsafeMutableBytes { try read(into: $0, at: 0) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count, let start = bytes.baseAddress {
            let count = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw LogError.disk("write", path)
            }
            done += count
        }
    }

    /// Waits until what was written is on the disk.
    package func sync() throws {
        if fdatasync(descriptor) != 0 { throw LogError.disk("fdatasync", path) }
    }

    /// As `sync`, and what the system knows of the file: its length, or a folder's entries.
    package func syncAll() throws {
        if fsync(descriptor) != 0 { throw LogError.disk("fsync", path) }
    }

    /// Makes all following writes go past the system's cache, in multiples of `TailBlock.alignment`. False if the file
    /// system can't.
    func writeDirectly() -> Bool { lectern_write_directly(descriptor) == 1 }

    package func truncate(to length: Int) throws {
        if ftruncate(descriptor, off_t(length)) != 0 { throw LogError.disk("truncate", path) }
    }

    package static func remove(_ path: String) throws {
        if unlink(path) != 0 { throw LogError.disk("unlink", path) }
    }

    /// Renames a file, in place of what is there under the new name.
    package static func rename(_ path: String, to new: String) throws {
        if Glibc.rename(path, new) != 0 { throw LogError.disk("rename", path) }
    }

    /// Puts these bytes in the place of what the file holds, whole or not at all. On return they are on the disk.
    package static func replace(_ path: String, with bytes: [UInt8]) throws {
        let file = try File(path + ".new", O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        try rename(path + ".new", to: path)
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try File(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY).syncAll()
    }

    /// The names in a folder, in no order; none if there is no such folder.
    package static func names(in folder: String) throws -> [String] {
        access(folder, F_OK) == 0 ? try LogFolder.entries(folder) : []
    }

    /// Makes a folder for the host's user alone, and those above it.
    package static func makeFolder(_ path: String) throws { try LogFolder.make(path) }

    /// Waits until all that was written to this file's file system is on the disk.
    package func syncFileSystem() throws {
        if lectern_sync_file_system(descriptor) != 0 { throw LogError.disk("syncfs", path) }
    }
}
