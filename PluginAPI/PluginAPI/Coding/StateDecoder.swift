/// Decodes anything `Decodable` from one item of state, straight from its bytes.
final class StateDecoder: Decoder {
    private let reader: StateReader
    let codingPath: [any CodingKey]
    /// Which keys of which maps were asked for, if that is of interest.
    let requests: DecodingRequests?
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ reader: StateReader, path: [any CodingKey] = [], requests: DecodingRequests? = nil) {
        self.reader = reader
        self.codingPath = path
        self.requests = requests
    }

    func decodeValue<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let collection = type as? any UnorderedCollection.Type,
            let value = try collection.decodeSorted(from: self) as? Value
        {
            return value
        }
        return try Value(from: self)
    }

    func decodeByHand<Value: StateCoding>(_ type: Value.Type) throws -> Value {
        try read { try Value(from: &$0) }
    }

    /// Reads the item; mistakes get their place.
    func read<Value>(_ body: (inout StateReader) throws -> Value) throws -> Value {
        var reader = reader
        do {
            return try body(&reader)
        } catch let error as StateError {
            throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: error.description))
        }
    }

    /// A decoder of another item.
    func at(_ reader: StateReader, _ key: (any CodingKey)? = nil) -> StateDecoder {
        StateDecoder(reader, path: key.map { codingPath + [$0] } ?? codingPath, requests: requests)
    }

    var isMap: Bool {
        var reader = reader
        return (try? reader.head().major) == 5
    }

    var isNull: Bool {
        var reader = reader
        return reader.null()
    }

    func map() throws -> StateMap { try read { try $0.map() } }

    func array() throws -> StateArrayDecoding {
        var reader = reader
        let count = try read {
            let count = try $0.array()
            reader = $0
            return count
        }
        return StateArrayDecoding(decoder: self, reader: reader, count: count)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let map = try map()
        requests?.note(map, at: codingPath)
        return KeyedDecodingContainer(StateMapDecoding<Key>(decoder: self, map: map))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try array() }

    func singleValueContainer() -> any SingleValueDecodingContainer { StateValueDecoding(decoder: self) }
}

struct StateValueDecoding: SingleValueDecodingContainer {
    let decoder: StateDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    private func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        try decoder.read { reader in
            let value = try reader.wide()
            guard let exact = Value(exactly: value) else {
                throw StateError(expected: "an integer in \(Value.min)...\(Value.max)", found: "\(value)")
            }
            return exact
        }
    }

    func decodeNil() -> Bool { decoder.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.read { try $0.boolean() } }
    func decode(_ type: String.Type) throws -> String { try decoder.read { try $0.text().string } }
    func decode(_ type: Double.Type) throws -> Double { try decoder.read { try $0.number() } }
    func decode(_ type: Float.Type) throws -> Float { try decoder.read { Float(try $0.number()) } }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decodeValue(type) }
}
