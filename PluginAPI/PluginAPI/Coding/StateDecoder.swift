/// Decodes anything `Decodable` from one item of state, straight from its bytes.
struct StateDecoder: Decoder {
    private let reader: StateReader
    private let place: DecodingPlace?
    /// Which keys of which maps were asked for, if that is of interest.
    let requests: DecodingRequests?

    var codingPath: [any CodingKey] { place?.path ?? [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ reader: StateReader, requests: DecodingRequests? = nil) {
        self.init(reader, nil, requests)
    }

    private init(_ reader: StateReader, _ place: DecodingPlace?, _ requests: DecodingRequests?) {
        self.reader = reader
        self.place = place
        self.requests = requests
    }

    func decodeValue<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if !_isPOD(Value.self), let collection = type as? any UnorderedCollection.Type,
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

    /// A decoder of another item, inside this one.
    func at(_ reader: StateReader, _ key: any CodingKey) -> StateDecoder {
        StateDecoder(reader, DecodingPlace(parent: place, key: key), requests)
    }

    /// A decoder of another item that has no place of its own.
    func at(_ reader: StateReader) -> StateDecoder { StateDecoder(reader, place, requests) }

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

    func decodeNil() -> Bool { decoder.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.read { try $0.boolean() } }
    func decode(_ type: String.Type) throws -> String { try decoder.read { try $0.text().string } }
    func decode(_ type: Double.Type) throws -> Double { try decoder.read { try $0.number() } }
    func decode(_ type: Float.Type) throws -> Float { try decoder.read { Float(try $0.number()) } }
    func decode(_ type: Int.Type) throws -> Int { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: Int128.Type) throws -> Int128 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.read { try $0.integer(as: type) } }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.read { try $0.integer(as: type) } }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decodeValue(type) }
}

/// Where in a state an item lies.
private final class DecodingPlace {
    let parent: DecodingPlace?
    let key: any CodingKey

    init(parent: DecodingPlace?, key: any CodingKey) {
        self.parent = parent
        self.key = key
    }

    var path: [any CodingKey] { (parent?.path ?? []) + [key] }
}
