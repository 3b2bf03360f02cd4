import CRecords
import Glibc
import Records

/// What memory has no room for could not be written or read.
struct SpillError: Error, CustomStringConvertible {
    let description: String

    fileprivate init(_ what: String, _ folder: String, _ code: Int32) {
        description =
            "\(folder): can't \(what) a file of what memory has no room for: \(String(cString: strerror(code)))"
    }
}

/// A file without a name: it goes with the process. Not thread-safe.
final class UnnamedFile {
    private let folder: String
    private let descriptor: Int32

    /// - Parameter folder: it must be on a disk: what is in memory anyway would make no room.
    init(in folder: String) throws(SpillError) {
        self.folder = folder
        var name = Array("\(folder)/spilled-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw SpillError("make", folder, errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(name)
    }

    deinit { Glibc.close(descriptor) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpillError) {
        var written = 0
        while written < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(offset + written))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpillError("write to", folder, errno) }
            written += count
        }
    }

    /// Fills what there is of the bytes, `least` of them at least. Returns how many.
    @discardableResult
    func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int, least: Int) throws(SpillError) -> Int {
        var filled = 0
        while filled < least {
            let count = pread(descriptor, bytes.baseAddress! + filled, bytes.count - filled, off_t(offset + filled))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpillError("read from", folder, count == 0 ? ENODATA : errno) }
            filled += count
        }
        return filled
    }

    /// It has no room for more.
    var full: SpillError { SpillError("write to", folder, EFBIG) }
}
