import CPluginAPI
import CRecords
import PluginHost
import Records

/// The parts of a key as plugins get them. The texts are borrowed from where they were decoded.
struct KeyValues {
    private(set) var parts: [lectern_value] = []

    /// Reads a stored key (`KeyBytes`), whose memory must outlive this.
    mutating func read(_ key: UnsafeRawBufferPointer) {
        parts.removeAll(keepingCapacity: true)
        var at = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let end = at! + key.count
        var major: UInt8 = 0
        var size: UInt8 = 0
        var argument: UInt64 = 0
        _ = lectern_cbor_read_head(&at, end, &major, &argument, &size)
        for _ in 0..<argument {
            _ = lectern_cbor_read_head(&at, end, &major, &argument, &size)
            var value = lectern_value()
            switch major {
            case 0:
                value.tag = LECTERN_INTEGER
                value.as.integer = Int64(truncatingIfNeeded: argument)
            case 1:
                value.tag = LECTERN_INTEGER
                value.as.integer = ~Int64(truncatingIfNeeded: argument)
            case 3:
                value.tag = LECTERN_TEXT
                value.length = UInt32(truncatingIfNeeded: argument)
                value.as.text = UnsafeRawPointer(at!).assumingMemoryBound(to: CChar.self)
                at = at! + Int(argument)
            default: value.tag = argument == 21 ? LECTERN_TRUE : LECTERN_FALSE
            }
            parts.append(value)
        }
    }

    /// Calls with the key, borrowed for the call.
    func withKey<Result>(_ body: (UnsafePointer<lectern_key>) -> Result) -> Result {
        parts.withUnsafeBufferPointer { parts in
            var key = lectern_key(
                size: UInt32(MemoryLayout<lectern_key>.size), count: UInt32(parts.count), parts: parts.baseAddress)
            return body(&key)
        }
    }
}

/// What stands before each part of a key in its JSON object.
struct KeyNames {
    fileprivate let texts: [[UInt8]]

    init(_ key: [KeyDeclaration]) {
        texts = key.enumerated().map { index, part in
            var text = Bytes()
            text.append(byte: index == 0 ? 0x7b : 0x2c)
            text.appendJSON(part.name)
            text.append(byte: 0x3a)
            return text.array
        }
    }

    /// Bytes before the first part.
    var firstLength: Int { texts[0].count }
}

extension Bytes {
    /// A stored key as a JSON object: the parts under their names.
    mutating func appendKeyJSON(_ key: UnsafeRawBufferPointer, _ names: KeyNames) {
        var at = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let end = at! + key.count
        var major: UInt8 = 0
        var size: UInt8 = 0
        var argument: UInt64 = 0
        _ = lectern_cbor_read_head(&at, end, &major, &argument, &size)
        for name in names.texts {
            name.withUnsafeBytes { append($0) }
            at = at! + lectern_cbor_json(&raw, at, end - at!)
        }
        append(byte: 0x7d)
    }
}
