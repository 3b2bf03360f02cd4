/// A state's stored form, for tests of it.
public enum StateBytes {
    /// The stored form of a value: one CBOR item in core deterministic encoding.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = StateEncoder()
        try encoder.encodeValue(value)
        return encoder.writer.withBytes { Array($0) }
    }

    /// The value of a stored form.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        try bytes.withUnsafeBytes { try decodeItem(type, from: $0) }
    }
}
