import CRecords
import Glibc

/// Random salts of records, taken from the kernel many at a time.
struct Salts: ~Copyable {
    static let length = 16
    private static let drawn = 256 * length
    private let pool = UnsafeMutableRawPointer.allocate(byteCount: drawn, alignment: 16)
    private var used = drawn

    deinit { pool.deallocate() }

    /// Writes one salt to `target`.
    @inline(__always)
    mutating func next(to target: UnsafeMutableRawPointer) {
        if used == Self.drawn { draw() }
        memcpy(target, pool + used, Self.length)
        used += Self.length
    }

    private mutating func draw() {
        Self.fill(pool, Self.drawn)
        used = 0
    }

    static func random() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
            fill(bytes.baseAddress, length)
            count = length
        }
    }

    private static func fill(_ start: UnsafeMutableRawPointer?, _ count: Int) {
        precondition(lectern_random(start, count) == 1, "the system gives no random bytes")
    }
}
