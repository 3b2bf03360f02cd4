import CRecords
import Glibc
import Records

/// Lines that are sorted by their bytes, written to a file and hashed.
struct LineFile: ~Copyable {
    private var text = Bytes()
    private var lines: [lectern_line] = []
    private var start = 0

    var count: Int { lines.count }

    /// Ends the line that `write` has written. `skip`: how many bytes at its start all lines share.
    mutating func add(skip: Int = 0, _ write: (inout Bytes) -> Void) {
        write(&text)
        text.append(byte: 10)
        let length = text.count - start
        lines.append(
            lectern_line(offset: UInt64(start), length: UInt32(length), skip: UInt32(min(skip, length))))
        start = text.count
    }

    /// Sorts the lines since `first`; lines before it stay before them.
    mutating func sort(from first: Int = 0) {
        let text = text.raw.start
        lines.withUnsafeMutableBufferPointer {
            guard $0.count > first else { return }
            lectern_sort_lines(text, $0.baseAddress! + first, $0.count - first)
        }
    }

    /// Writes the lines to a file, unless `path` is nil. Returns their SHA-256.
    borrowing func write(to path: String?) throws(InputError) -> String {
        let file = try path.map { path throws(InputError) in try OutputFile(path) }
        var hash = SHA256()
        var chunk = Bytes()
        for line in lines {
            chunk.append(UnsafeRawBufferPointer(start: text.raw.start + Int(line.offset), count: Int(line.length)))
            if chunk.count >= 1 << 18 {
                hash.update(chunk.contents)
                try file?.write(chunk.contents)
                chunk.truncate()
            }
        }
        hash.update(chunk.contents)
        try file?.write(chunk.contents)
        try file?.close()
        return hash.hexadecimal()
    }
}

/// A file that is written from its start and takes its place when it is whole.
final class OutputFile {
    private let path: String
    private let descriptor: Int32
    private var isOpen = true

    init(_ path: String) throws(InputError) {
        self.path = path
        descriptor = open("\(path).partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw InputError(path: path, reason: String(cString: strerror(errno))) }
    }

    deinit {
        if isOpen { Glibc.close(descriptor) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(InputError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            guard count > 0 else { throw InputError(path: path, reason: String(cString: strerror(errno))) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func close() throws(InputError) {
        isOpen = false
        guard Glibc.close(descriptor) == 0, rename("\(path).partial", path) == 0 else {
            throw InputError(path: path, reason: String(cString: strerror(errno)))
        }
    }
}
