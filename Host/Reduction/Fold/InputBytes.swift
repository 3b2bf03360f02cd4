import Glibc
import Records

/// The bytes of a file or a pipe, decompressed if the first ones say that they are gzip or zstd. Not thread-safe.
final class InputBytes {
    private enum Format { case plain, gzip, zstd }

    private static let gzipMagic: [UInt8] = [0x1f, 0x8b]
    private static let zstdMagic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

    private let path: String
    private let descriptor: Int32
    private var format: Format?
    private var gzip: GzipInflater?
    private var zstd: ZstdInflater?
    private var input = [UInt8](repeating: 0, count: 256 << 10)
    /// What has been read and not been given yet.
    private var text = Bytes()
    private var given = 0
    /// Bytes that have been read, before decompression.
    private(set) var consumed = 0

    /// - Parameter descriptor: closed at the end.
    init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Waits until `read` would not; false if nothing came within the time.
    func wait(milliseconds: Int32) -> Bool {
        if given < text.count { return true }
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) != 0
    }

    /// Reads up to `bytes.count` bytes, but does not wait for more when there are some; 0 at the end.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
        if format == nil { try begin() }
        while given == text.count {
            if format == .plain { return try read(bytes) }
            guard try inflateMore() else { return 0 }
        }
        let count = min(bytes.count, text.count - given)
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: text.contents[given..<given + count]))
        given += count
        return count
    }

    /// Reads what tells the format.
    private func begin() throws(InputError) {
        var filled = 0
        while filled < Self.zstdMagic.count {
            let count = try readInput(from: filled)
            if count == 0 { break }
            filled += count
        }
        if input[..<filled].starts(with: Self.gzipMagic) {
            format = .gzip
            gzip = GzipInflater()
        } else if input[..<filled].starts(with: Self.zstdMagic) {
            format = .zstd
            zstd = ZstdInflater()
        } else {
            format = .plain
        }
        try inflate(filled)
    }

    /// Returns whether there was more.
    private func inflateMore() throws(InputError) -> Bool {
        text.truncate()
        given = 0
        let count = try readInput(from: 0)
        try inflate(count)
        return count > 0
    }

    /// Adds so many bytes of the input to the text; 0: it has ended.
    private func inflate(_ count: Int) throws(InputError) {
        do {
            try input.withUnsafeBytes { input in
                let input = UnsafeRawBufferPointer(rebasing: input[..<count])
                switch format {
                case .gzip:
                    if count == 0 { try gzip!.finish() }
                    try gzip!.inflate(input) { text.append($0) }
                case .zstd:
                    if count == 0 { try zstd!.finish() }
                    try zstd!.inflate(input) { text.append($0) }
                case .plain, nil: text.append(input)
                }
            }
        } catch {
            throw InputError(path: path, reason: "\(error)")
        }
    }

    private func readInput(from start: Int) throws(InputError) -> Int {
        let result = input.withUnsafeMutableBytes { input in
            Result { () throws(InputError) in try read(UnsafeMutableRawBufferPointer(rebasing: input[start...])) }
        }
        return try result.get()
    }

    private func read(_ bytes: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
        while true {
            let count = Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            if count >= 0 {
                consumed += count
                return count
            }
            guard errno == EINTR else { throw InputError(path: path, reason: String(cString: strerror(errno))) }
        }
    }
}
