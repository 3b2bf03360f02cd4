import CRecords
import Glibc
import Records

/// The memory of lines that are not written yet: one for all files of a fold, since memory that was used before costs
/// less than new one. Not thread-safe.
final class LineBuffer {
    fileprivate var text = Bytes()
    fileprivate var lines: [lectern_line] = []
    fileprivate var chunk = Bytes()
}

/// A file of lines that are sorted by their bytes, group after group. Not thread-safe.
final class LineFile {
    private let file: OutputFile?
    private let buffer: LineBuffer
    private var hash = SHA256()
    /// Lines of the groups that have ended.
    private(set) var count = 0

    /// - Parameter path: nil to hash and count only.
    init(_ path: String?, _ buffer: LineBuffer) throws(InputError) {
        file = try path.map { path throws(InputError) in try OutputFile(path) }
        self.buffer = buffer
    }

    /// Ends the line that `write` has written. `skip`: how many bytes at its start all lines of the group share.
    func add(skip: Int = 0, _ write: (inout Bytes) -> Void) {
        let start = buffer.text.count
        write(&buffer.text)
        buffer.text.append(byte: 10)
        let length = buffer.text.count - start
        buffer.lines.append(
            lectern_line(offset: UInt64(start), length: UInt32(length), skip: UInt32(min(skip, length))))
    }

    /// Sorts the lines since the last group and writes them.
    func endGroup() throws(InputError) {
        let text = buffer.text.raw.start
        buffer.lines.withUnsafeMutableBufferPointer { lectern_sort_lines(text, $0.baseAddress, $0.count) }
        for line in buffer.lines {
            buffer.chunk.append(
                UnsafeRawBufferPointer(start: text! + Int(line.offset), count: Int(line.length)))
            if buffer.chunk.count >= 1 << 18 { try writeChunk() }
        }
        try writeChunk()
        count += buffer.lines.count
        buffer.text.truncate()
        buffer.lines.removeAll(keepingCapacity: true)
    }

    private func writeChunk() throws(InputError) {
        hash.update(buffer.chunk.contents)
        try file?.write(buffer.chunk.contents)
        buffer.chunk.truncate()
    }

    /// The file takes its place. Returns the SHA-256 of all lines.
    func close() throws(InputError) -> String {
        try file?.close()
        var whole = SHA256()
        swap(&whole, &hash)
        return whole.hexadecimal()
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
