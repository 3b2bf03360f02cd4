extension StateWriter {
    /// A number in the shortest form that holds it exactly.
    public mutating func number(_ value: Double) {
        if value == 0 { return half(0) }
        if value != value { return half(0x7e00) }
        let single = Float(value)
        guard Double(single) == value else {
            reserve(9)
            put(0xfb)
            return bits(value.bitPattern, bytes: 8)
        }
        let pattern = single.bitPattern
        if let short = StateWriter.halfPattern(pattern) { return half(short) }
        put(0xfa)
        bits(UInt64(pattern), bytes: 4)
    }

    /// An integer of any size: as such if 64 bits hold it, else as a bignum.
    mutating func wide(_ value: Int128) {
        if let short = Int64(exactly: value) { return integer(short) }
        let magnitude = UInt128(bitPattern: value < 0 ? ~value : value)
        if let short = UInt64(exactly: magnitude) { return head(value < 0 ? 1 : 0, short) }
        put(value < 0 ? 0xc3 : 0xc2)
        let length = (128 - magnitude.leadingZeroBitCount + 7) / 8
        head(2, UInt64(length))
        for index in (0..<length).reversed() { put(UInt8(truncatingIfNeeded: magnitude >> (8 * index))) }
    }

    private mutating func half(_ pattern: UInt16) {
        put(0xf9)
        bits(UInt64(pattern), bytes: 2)
    }

    private mutating func bits(_ pattern: UInt64, bytes: Int) {
        for index in (0..<bytes).reversed() { put(UInt8(truncatingIfNeeded: pattern >> (8 * index))) }
    }

    /// The half-precision pattern of a single-precision one, if it holds the value exactly; for neither NaN nor zero.
    private static func halfPattern(_ single: UInt32) -> UInt16? {
        let sign = UInt16(single >> 16) & 0x8000
        let exponent = Int(single >> 23 & 0xff) - 127
        let fraction = single & 0x7f_ffff
        switch exponent {
        case 128: return sign | 0x7c00
        case -14...15:
            return fraction & 0x1fff == 0 ? sign | UInt16(exponent + 15) << 10 | UInt16(fraction >> 13) : nil
        case -24 ..< -14:
            // Subnormal in half precision: the leading one becomes part of the fraction.
            let shift = UInt32(-1 - exponent)
            let significand = fraction | 0x80_0000
            return significand & ((1 << shift) - 1) == 0 ? sign | UInt16(significand >> shift) : nil
        default: return nil
        }
    }
}
