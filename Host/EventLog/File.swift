import CRecords
import Glibc

/// An open file or folder, closed at its end. Whatever fails throws a `LogError` that names file and reason.
final class File: Sendable {
    let path: String
    let descriptor: Int32

    init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws {
        self.path = path
        descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
        if descriptor < 0 { throw LogError.disk("open", path) }
    }

    deinit { Glibc.close(descriptor) }

    func size() throws -> Int {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw LogError.disk("stat", path) }
        return Int(status.st_size)
    }

    /// Reads up to `bytes.count` bytes; fewer only at the file's end.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
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

    func contents() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: try size())
        let count = try bytes.withUnsafeMutableBytes { try read(into: $0, at: 0) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
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
    func sync() throws {
        if fdatasync(descriptor) != 0 { throw LogError.disk("fdatasync", path) }
    }

    /// As `sync`, and what the system knows of the file: its length, or a folder's entries.
    func syncAll() throws {
        if fsync(descriptor) != 0 { throw LogError.disk("fsync", path) }
    }

    /// Makes all following writes go past the system's cache, in multiples of `TailBlock.alignment`. False if the file
    /// system can't.
    func writeDirectly() -> Bool { lectern_write_directly(descriptor) == 1 }

    func truncate(to length: Int) throws {
        if ftruncate(descriptor, off_t(length)) != 0 { throw LogError.disk("truncate", path) }
    }

    static func remove(_ path: String) throws {
        if unlink(path) != 0 { throw LogError.disk("unlink", path) }
    }
}
