/// The map of a value that is being encoded.
struct StateMapEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: StateEncoder
    var codingPath: [any CodingKey] { [] }

    private func value(_ key: Key) -> StateValueEncoding {
        encoder.writeKey(key.stringValue)
        return StateValueEncoding(encoder: encoder)
    }

    func encodeNil(forKey key: Key) { value(key).encodeNil() }
    func encode(_ item: Bool, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: String, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Double, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Float, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Int, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Int8, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Int16, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Int32, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Int64, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: Int128, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: UInt, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: UInt8, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: UInt16, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: UInt32, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: UInt64, forKey key: Key) { value(key).encode(item) }
    func encode(_ item: some Encodable, forKey key: Key) throws { try value(key).encode(item) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoder.nested(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.nested(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder.nested("super") }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.nested(key.stringValue) }
}

/// The array of a value that is being encoded. Nested containers come after all elements that are written directly.
struct StateArrayEncoding: UnkeyedEncodingContainer {
    let encoder: StateEncoder
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(encoder: StateEncoder) { self.encoder = encoder }

    private mutating func value() -> StateValueEncoding {
        count += 1
        _ = encoder.writer.beginEntry()
        return StateValueEncoding(encoder: encoder)
    }

    mutating func encodeNil() { value().encodeNil() }
    mutating func encode(_ item: Bool) { value().encode(item) }
    mutating func encode(_ item: String) { value().encode(item) }
    mutating func encode(_ item: Double) { value().encode(item) }
    mutating func encode(_ item: Float) { value().encode(item) }
    mutating func encode(_ item: Int) { value().encode(item) }
    mutating func encode(_ item: Int8) { value().encode(item) }
    mutating func encode(_ item: Int16) { value().encode(item) }
    mutating func encode(_ item: Int32) { value().encode(item) }
    mutating func encode(_ item: Int64) { value().encode(item) }
    mutating func encode(_ item: Int128) { value().encode(item) }
    mutating func encode(_ item: UInt) { value().encode(item) }
    mutating func encode(_ item: UInt8) { value().encode(item) }
    mutating func encode(_ item: UInt16) { value().encode(item) }
    mutating func encode(_ item: UInt32) { value().encode(item) }
    mutating func encode(_ item: UInt64) { value().encode(item) }
    mutating func encode(_ item: some Encodable) throws { try value().encode(item) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        count += 1
        return encoder.nested(nil).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        count += 1
        return encoder.nested(nil).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        count += 1
        return encoder.nested(nil)
    }
}
