import CRecords

/// A part of a state's key.
package enum KeyPart: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)

    /// As it stands in a key's text.
    package var description: String {
        switch self {
        case .text(let text): text
        case .integer(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        }
    }
}

/// The stored form of a state's key: a CBOR array of its parts, in the order in which the reducer declares them. Equal keys
/// have equal bytes.
package enum KeyBytes {
    package static func encode(_ parts: [KeyPart]) -> [UInt8] {
        var bytes = Bytes()
        lectern_cbor_head(&bytes.raw, 4, UInt64(parts.count))
        for part in parts {
            switch part {
            case .text(var text): text.withUTF8 { lectern_cbor_text(&bytes.raw, $0.baseAddress, $0.count) }
            case .integer(let value): lectern_cbor_integer(&bytes.raw, value)
            case .boolean(let value): lectern_cbor_head(&bytes.raw, 7, value ? 21 : 20)
            }
        }
        return bytes.array
    }

    /// Whether the bytes are a key of so many parts.
    package static func isKey(_ bytes: UnsafeRawBufferPointer, parts: Int) -> Bool {
        lectern_cbor_is_key(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, UInt64(parts))
    }

    /// The parts, or nil if the bytes are no key.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> [KeyPart]? {
        var cursor = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start = cursor else { return nil }
        let end = start + bytes.count
        var major: UInt8 = 0
        var size: UInt8 = 0
        var argument: UInt64 = 0
        guard lectern_cbor_read_head(&cursor, end, &major, &argument, &size) == 1, major == 4, argument <= 8 else {
            return nil
        }
        var parts: [KeyPart] = []
        for _ in 0..<argument {
            guard lectern_cbor_read_head(&cursor, end, &major, &argument, &size) == 1, let at = cursor else {
                return nil
            }
            switch (major, argument) {
            case (0, ...UInt64(Int64.max)): parts.append(.integer(Int64(argument)))
            case (1, ...UInt64(Int64.max)): parts.append(.integer(~Int64(argument)))
            case (3, ...UInt64(end - at)):
                let text = UnsafeBufferPointer(start: at, count: Int(argument))
                parts.append(.text(String(decoding: text, as: UTF8.self)))
                cursor = at + text.count
            case (7, 20), (7, 21): parts.append(.boolean(argument == 21))
            default: return nil
            }
        }
        return cursor == end ? parts : nil
    }
}
