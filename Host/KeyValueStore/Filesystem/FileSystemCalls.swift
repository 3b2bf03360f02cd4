import Foundation
import Glibc

/// A file that is open until this value ends.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    private let path: String

    init(_ path: String, _ flags: Int32, _ action: String) throws {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw StoreError.system(action, path) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw StoreError.system("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Cuts the file off at `offset` and goes on there.
    func truncate(to offset: Int) throws {
        if ftruncate(descriptor, offset) != 0 || lseek(descriptor, offset, SEEK_SET) < 0 {
            throw StoreError.system("cut", path)
        }
    }

    /// Returns when the file's content is on the disk; for a folder, its entries.
    func sync() throws {
        if fsync(descriptor) != 0 { throw StoreError.system("sync", path) }
    }

    /// False if another process has the lock; it lasts as long as this value.
    ///
    /// Tried for a tenth of a second: a process that is just being started holds all of its parent's locks for a moment.
    func lock() -> Bool {
        for _ in 0..<20 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(5_000)
        }
        return false
    }
}

enum FileSystem {
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StoreError.system(action: "make the folder", path: path, reason: error.localizedDescription)
        }
    }

    static func move(_ path: String, to new: String) throws {
        if rename(path, new) != 0 { throw StoreError.system("rename", path) }
    }

    /// Removes a file, if it is there.
    static func remove(_ path: String) throws {
        if unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR { throw StoreError.system("remove", path) }
    }

    /// Removes a folder and all in it, if it is there.
    static func removeFolder(_ path: String) throws {
        guard exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw StoreError.system(action: "remove", path: path, reason: error.localizedDescription)
        }
    }

    /// Nil if there is no such file.
    static func read(_ path: String) throws -> [UInt8]? {
        guard exists(path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else { throw StoreError.system("read", path) }
        return [UInt8](data)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Nil if there is no such file.
    static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// The names in a folder; none if there is no such folder.
    static func list(_ path: String) throws -> [String] {
        guard exists(path) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw StoreError.system(action: "list", path: path, reason: error.localizedDescription)
        }
    }
}

extension StoreError {
    /// What the last call of the system has left in `errno`.
    fileprivate static func system(_ action: String, _ path: String) -> StoreError {
        .system(action: action, path: path, reason: String(cString: strerror(errno)))
    }
}
