import Glibc
import Records

/// What a command writes for others to read: standard output, or a file, which is compressed if its name ends in `.gz` or
/// `.zst`. Buffered: `flush` writes what there is, and `end` ends it. Not thread-safe.
final class OutputFile {
    private let path: String
    private let descriptor: Int32
    private var bytes = Bytes()
    private var gzip: GzipDeflater?
    private var zstd: ZstdDeflater?

    private static let bufferBytes = 64 << 10

    static var standard: OutputFile { OutputFile(path: "standard output", descriptor: 1) }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Makes the file, or empties it; `-` is standard output.
    convenience init(_ path: String) throws(InputFailure) {
        if path == "-" {
            self.init(path: "standard output", descriptor: 1)
            return
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw InputFailure("\(path): \(String(cString: strerror(errno)))") }
        self.init(path: path, descriptor: descriptor)
        if path.hasSuffix(".gz") { gzip = GzipDeflater() }
        if path.hasSuffix(".zst") { zstd = ZstdDeflater(level: 3) }
    }

    deinit { if descriptor > 2 { close(descriptor) } }

    func write(line: UnsafeRawBufferPointer) throws(InputFailure) {
        bytes.append(line)
        try endLine()
    }

    func write(line: String) throws(InputFailure) {
        bytes.append(line)
        try endLine()
    }

    /// Text that brings its own line breaks.
    func write(text: String) throws(InputFailure) {
        bytes.append(text)
        if bytes.count >= Self.bufferBytes { try flush() }
    }

    func flush() throws(InputFailure) { try write(isLast: false) }

    /// Writes what there is, and ends the file. Nothing follows.
    func end() throws(InputFailure) { try write(isLast: true) }

    private func write(isLast: Bool) throws(InputFailure) {
        let (descriptor, path) = (descriptor, path)
        let put = { (piece: UnsafeRawBufferPointer) in try Self.write(piece, to: descriptor, path) }
        do {
            if gzip != nil {
                try gzip?.deflate(bytes.contents, put)
                if isLast { try gzip?.finish(put) }
            } else if zstd != nil {
                try zstd?.deflate(bytes.contents, put)
                if isLast { try zstd?.finish(put) }
            } else {
                try put(bytes.contents)
            }
        } catch {
            throw error as? InputFailure ?? InputFailure("\(path): \(error)")
        }
        bytes.truncate()
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
    ) throws(InputFailure) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw InputFailure("\(path): \(String(cString: strerror(errno)))") }
            written += count
        }
    }

    private func endLine() throws(InputFailure) {
        bytes.append(byte: 10)
        if bytes.count >= Self.bufferBytes { try flush() }
    }
}
