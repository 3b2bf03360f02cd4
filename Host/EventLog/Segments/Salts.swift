import CRecords
import Glibc

/// Random salts of records, taken from the kernel many at a time.
struct Salts: ~Copyable {
    typealias Salt = (UInt64, UInt64)
    static let length = MemoryLayout<Salt>.size
    /// The most that can be taken at once.
    static let capacity = 256
    private let pool = UnsafeMutablePointer<Salt>.allocate(capacity: capacity)
    private var used = capacity

    deinit { pool.deallocate() }

    /// The next `count` salts, at most `capacity`. Valid until the next call.
    mutating func take(_ count: Int) -> UnsafePointer<Salt> {
        if Self.capacity - used < count {
            Self.fill(pool, used * Self.length)
            used = 0
        }
        defer { used += count }
        return UnsafePointer(pool + used)
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
