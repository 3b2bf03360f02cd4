package import CRecords

/// A growing buffer of bytes that frees its memory at its end. Not thread-safe.
///
/// What it writes, JSON and CBOR, is written by C: the same few instructions for every caller.
package struct Bytes: ~Copyable {
    package var raw = lectern_bytes()

    package init() {}

    deinit {
        var raw = raw
        lectern_bytes_free(&raw)
    }

    package var count: Int { raw.count }

    package var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: raw.start, count: raw.count) }

    package var array: [UInt8] { [UInt8](contents) }

    /// The contents as text; bytes that are not UTF-8 are replaced.
    package var string: String { String(decoding: contents, as: UTF8.self) }

    /// Empties the buffer, or shortens it to `count` bytes, and keeps its memory.
    package mutating func truncate(to count: Int = 0) {
        precondition(count <= raw.count)
        raw.count = count
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        lectern_bytes_append(&raw, bytes.baseAddress, bytes.count)
    }

    package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    package mutating func append(_ text: StaticString) {
        lectern_bytes_append(&raw, text.utf8Start, text.utf8CodeUnitCount)
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    package mutating func append(byte: UInt8) {
        lectern_bytes_byte(&raw, byte)
    }

    package mutating func append(littleEndian value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { append($0) }
    }
}

extension Bytes {
    package mutating func appendJSON(_ text: UnsafeRawBufferPointer) {
        lectern_json_text(&raw, text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count)
    }

    package mutating func appendJSON(_ text: String) {
        var text = text
        text.withUTF8 { lectern_json_text(&raw, $0.baseAddress, $0.count) }
    }

    package mutating func appendJSON(_ value: Int64) { lectern_json_integer(&raw, value) }

    /// `null` for NaN and infinities.
    package mutating func appendJSON(_ value: Double) { lectern_json_number(&raw, value) }

    package mutating func appendJSON(_ value: Bool) { append(value ? "true" : "false") }

    /// An RFC 3339 time stamp in UTC.
    package mutating func appendJSON(microseconds: Int64) { lectern_json_time(&raw, microseconds) }

    package mutating func appendBase64(_ bytes: UnsafeRawBufferPointer) {
        lectern_base64(&raw, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
}
