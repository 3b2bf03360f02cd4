import Glibc

/// A file's bytes, in memory as far as they are looked at. Constant.
final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    init(_ path: String) throws(InputFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputFailure("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
            throw InputFailure("\(path): \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: memory, count: size)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}

/// The lines of some bytes, one after the other, without their ends.
struct Lines: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard let start = rest.baseAddress, !rest.isEmpty else { return nil }
        let end = memchr(start, 10, rest.count).map { UnsafeRawPointer($0) - start } ?? rest.count
        let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[Swift.min(end + 1, rest.count)...])
        return line
    }
}

extension UnsafeRawBufferPointer {
    /// Before, the same as, or after: by bytes, as `states.jsonl` is sorted.
    func order(against other: UnsafeRawBufferPointer) -> Int {
        let shorter = Swift.min(count, other.count)
        if shorter > 0, let order = memcmp(baseAddress!, other.baseAddress!, shorter) as Int32?, order != 0 {
            return Int(order)
        }
        return count - other.count
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
