/// Marks one after the other, each behind its length (32 bits, little-endian).
enum MarkFrames {
    static func frame(_ marks: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(marks.count).littleEndian) { Array($0) } + marks
    }

    /// Nil if the bytes end within marks.
    static func split(_ bytes: [UInt8]) -> [[UInt8]]? {
        var marks: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= length else { return nil }
            marks.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return marks
    }
}
