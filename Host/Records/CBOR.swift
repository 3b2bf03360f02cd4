import CRecords

/// CBOR in core deterministic encoding (RFC 8949, section 4.2): the canonical bytes of states and keys.
package enum CBOR {
    /// Writes the item as compact JSON: byte strings as base64url, NaN and infinities as null. Returns false, and writes
    /// nothing, if the bytes are not exactly one well-formed item.
    package static func appendJSON(of item: UnsafeRawBufferPointer, to bytes: inout Bytes) -> Bool {
        let start = bytes.count
        let length = lectern_cbor_json(&bytes.raw, item.baseAddress?.assumingMemoryBound(to: UInt8.self), item.count)
        if length == item.count && length > 0 { return true }
        bytes.truncate(to: start)
        return false
    }

    /// Whether the bytes are exactly one well-formed item.
    package static func isItem(_ bytes: UnsafeRawBufferPointer) -> Bool {
        lectern_cbor_is_item(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// The item as JSON text, or nil if the bytes are not exactly one well-formed item.
    package static func json(of item: [UInt8]) -> String? {
        var bytes = Bytes()
        return item.withUnsafeBytes { appendJSON(of: $0, to: &bytes) } ? bytes.string : nil
    }
}
