import Glibc
import Records

/// A file that can't be read, or whose compressed contents are damaged.
package struct InputError: Error, CustomStringConvertible {
    package let path: String
    package let reason: String

    package var description: String { "\(path): \(reason)" }
}

/// Reads a file, or standard input (`-`), line by line: plain, gzip or zstd. Lines of a pipe are given as they come. Not
/// thread-safe.
///
/// Lines end at a line feed, which is not part of them; a carriage return before it stays. `FieldExtractor.padding` bytes can be
/// read after each line.
package final class LineReader {
    private let path: String
    private let file: InputBytes
    private var buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private let limit: Int
    /// Bytes of the input, before decompression, and how many of them have been read; the first is nil for standard input.
    package let size: Int?
    package private(set) var lines: UInt64 = 0

    /// - Parameter limit: the longest line in bytes.
    package init(_ path: String, limit: Int) throws(InputError) {
        let descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputError(path: path, reason: String(cString: strerror(errno))) }
        var status = stat()
        fstat(descriptor, &status)
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw InputError(path: path, reason: "is a folder; name a file of JSON lines")
        }
        size = path == "-" ? nil : Int(status.st_size)
        self.path = path
        self.limit = limit
        file = InputBytes(path, descriptor)
        buffer = .allocate(byteCount: 1 << 20, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Bytes of the input that have been read so far, before decompression.
    package var consumed: Int { file.consumed }

    /// Calls with each line, whose bytes stay until `moving` is called; it is called also now and then while nothing comes from a
    /// pipe. Stops early if `body` returns false.
    package func forEach(_ body: (UnsafeRawBufferPointer) throws -> Bool, moving: () throws -> Void) throws {
        while true {
            while !file.wait(milliseconds: 100) { try moving() }
            if buffer.count - filled <= FieldExtractor.padding { try grow() }
            let room = min(buffer.count - filled - FieldExtractor.padding, 1 << 30)
            let got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + room]))
            var start = 0
            let end = filled + got
            while let feed = memchr(buffer.baseAddress! + start, 10, end - start) {
                let length = feed - (buffer.baseAddress! + start)
                lines += 1
                guard try body(UnsafeRawBufferPointer(start: buffer.baseAddress! + start, count: length)) else {
                    return
                }
                start += length + 1
            }
            if got == 0 {
                if start < end {
                    lines += 1
                    _ = try body(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
                }
                return try moving()
            }
            try moving()
            filled = end - start
            memmove(buffer.baseAddress!, buffer.baseAddress! + start, filled)
        }
    }

    private func grow() throws(InputError) {
        guard filled < limit else {
            throw InputError(
                path: path, reason: "line \(lines + 1) is longer than \(limit) bytes (setting ingest.frame)")
        }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        buffer.deallocate()
        buffer = larger
    }
}
