extension StateReader {
    /// A number; an integer will do.
    public mutating func number() throws -> Double {
        let first = position < limit ? position.load(as: UInt8.self) : 0
        let (major, argument) = try head()
        switch (major, first & 31) {
        case (0, _): return Double(argument)
        case (1, _): return -1 - Double(argument)
        case (7, 25): return StateReader.half(UInt16(argument))
        case (7, 26): return Double(Float(bitPattern: UInt32(argument)))
        case (7, 27): return Double(bitPattern: argument)
        default: throw unexpected("a number", major, argument)
        }
    }

    /// An integer that fits a type.
    mutating func integer<Value: FixedWidthInteger>(as type: Value.Type) throws -> Value {
        let start = self
        let (major, argument) = try head()
        if major == 0, let value = Value(exactly: argument) { return value }
        if major == 1, argument <= UInt64(Int64.max), let value = Value(exactly: ~Int64(argument)) { return value }
        self = start
        let value = try wide()
        guard let exact = Value(exactly: value) else {
            throw StateError(expected: "an integer in \(Value.min)...\(Value.max)", found: "\(value)")
        }
        return exact
    }

    /// An integer or bignum.
    mutating func wide() throws -> Int128 {
        let (major, argument) = try head()
        switch (major, argument) {
        case (0, _): return Int128(argument)
        case (1, _): return ~Int128(argument)
        case (6, 2), (6, 3):
            let bytes = try bytes()
            guard bytes.count <= 15 else {
                throw StateError(expected: "120 bits at most", found: "\(bytes.count) bytes")
            }
            let magnitude = bytes.reduce(Int128(0)) { $0 << 8 | Int128($1) }
            return argument == 2 ? magnitude : ~magnitude
        default: throw unexpected("an integer", major, argument)
        }
    }

    private static func half(_ pattern: UInt16) -> Double {
        let exponent = Int(pattern >> 10 & 31)
        let fraction = Double(pattern & 0x3ff)
        let magnitude: Double =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: (1 + fraction * 0x1p-10) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
            }
        return pattern & 0x8000 == 0 ? magnitude : -magnitude
    }
}
