/// Hashes of keys within a process: fast, seeded where texts come from outside, never stored.
enum Hash {
    @inline(__always)
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.low ^ product.high
    }

    @inline(__always)
    static func of(_ value: UInt64) -> UInt64 {
        mix(value ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93)
    }

    @inline(__always)
    static func of(_ text: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: text.count)
        guard var at = text.baseAddress else { return mix(hash, 0xa076_1d64_78bd_642f) }
        var left = text.count
        while left >= 8 {
            hash = mix(hash ^ at.loadUnaligned(as: UInt64.self), 0xd6e8_feb8_6659_fd93)
            at += 8
            left -= 8
        }
        var word: UInt64 = 0
        if left & 4 != 0 {
            word = UInt64(at.loadUnaligned(as: UInt32.self))
            at += 4
        }
        if left & 2 != 0 {
            word = word << 16 | UInt64(at.loadUnaligned(as: UInt16.self))
            at += 2
        }
        if left & 1 != 0 { word = word << 8 | UInt64(at.load(as: UInt8.self)) }
        return mix(hash ^ word, 0xa076_1d64_78bd_642f)
    }
}
