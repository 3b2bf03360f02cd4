import CZlib
import Glibc
import Records

/// The bytes of a file, decompressed. Not thread-safe.
protocol InputBytes: AnyObject {
    /// Reads up to `bytes.count` bytes; 0 at the end.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws(InputError) -> Int
    /// Bytes of the file that have been read, before decompression.
    var consumed: Int { get }
}

/// A file that is plain or gzip.
final class GzipBytes: InputBytes {
    private let path: String
    private let file: gzFile

    /// - Parameter descriptor: closed at the end.
    init(_ path: String, _ descriptor: Int32) {
        self.path = path
        file = gzdopen(descriptor, "r")
        gzbuffer(file, 256 << 10)
    }

    deinit { gzclose(file) }

    var consumed: Int { Int(gzoffset(file)) }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
        let count = Int(gzread(file, bytes.baseAddress, UInt32(bytes.count)))
        guard count >= 0 else { throw damage() }
        if count == 0 {
            var code: Int32 = 0
            _ = gzerror(file, &code)
            guard code == Z_OK || code == Z_STREAM_END else { throw damage() }
        }
        return count
    }

    private func damage() -> InputError {
        var code: Int32 = 0
        let reason = gzerror(file, &code).map { String(cString: $0) } ?? ""
        return InputError(
            path: path, reason: code == Z_ERRNO ? String(cString: strerror(errno)) : "damaged gzip: \(reason)")
    }
}

/// A file that is zstd.
final class ZstdBytes: InputBytes {
    private let path: String
    private let descriptor: Int32
    private var inflater = ZstdInflater()
    private var input = [UInt8](repeating: 0, count: 256 << 10)
    private var text = Bytes()
    private var taken = 0
    private(set) var consumed = 0

    /// - Parameter descriptor: closed at the end.
    init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func read(into bytes: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
        while taken == text.count {
            guard try inflateMore() else { return 0 }
        }
        let count = min(bytes.count, text.count - taken)
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: text.contents[taken..<taken + count]))
        taken += count
        return count
    }

    /// Returns whether there was more.
    private func inflateMore() throws(InputError) -> Bool {
        text.truncate()
        taken = 0
        let count = Glibc.read(descriptor, &input, input.count)
        guard count >= 0 else { throw InputError(path: path, reason: String(cString: strerror(errno))) }
        consumed += count
        do {
            if count == 0 {
                try inflater.finish()
                return false
            }
            try input.withUnsafeBytes { input in
                try inflater.inflate(UnsafeRawBufferPointer(rebasing: input[..<count])) { text.append($0) }
            }
            return true
        } catch {
            throw InputError(path: path, reason: "\(error)")
        }
    }
}
