/// The map that is being decoded.
struct StateMapDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: StateDecoder
    let map: StateMap
    var codingPath: [any CodingKey] { decoder.codingPath }

    var allKeys: [Key] {
        var keys: [Key] = []
        map.forEach { key, _ in
            if let text = try? key.text(), let key = Key(stringValue: text.string) { keys.append(key) }
        }
        return keys
    }

    private func find(_ key: Key) -> StateReader? {
        var name = key.stringValue
        decoder.requests?.note(name, of: map)
        return name.withUTF8 { map.find(Text(start: $0.baseAddress, count: $0.count)) }
    }

    private func existing(_ key: Key) throws -> StateReader {
        guard let reader = find(key) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "it is missing"))
        }
        return reader
    }

    private func value(_ key: Key) throws -> StateDecoder { decoder.at(try existing(key), key) }

    private func read<Value>(_ key: Key, _ body: (inout StateReader) throws -> Value) throws -> Value {
        var reader = try existing(key)
        do {
            return try body(&reader)
        } catch let error as StateError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath + [key], debugDescription: error.description))
        }
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try read(key) { $0.null() } }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try read(key) { try $0.boolean() } }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try read(key) { try $0.text().string } }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try read(key) { try $0.number() } }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try read(key) { Float(try $0.number()) } }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try read(key) { try $0.integer(as: type) } }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try read(key) { try $0.integer(as: type) } }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try value(key).decodeValue(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try value(key).array() }

    func superDecoder() throws -> any Decoder {
        guard let reader = map.find("super") else {
            throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: "\"super\" is missing"))
        }
        return decoder.at(reader)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }
}

/// The array that is being decoded.
struct StateArrayDecoding: UnkeyedDecodingContainer {
    private let decoder: StateDecoder
    private var reader: StateReader
    private let length: Int
    private(set) var currentIndex = 0

    init(decoder: StateDecoder, reader: StateReader, count: Int) {
        self.decoder = decoder
        self.reader = reader
        self.length = count
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { length }
    var isAtEnd: Bool { currentIndex >= length }

    private mutating func next() throws -> StateDecoder {
        guard !isAtEnd else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "expected more than \(length) elements"))
        }
        let element = decoder.at(reader, ArrayIndex(intValue: currentIndex))
        try decoder.read { _ in try reader.skip() }
        currentIndex += 1
        return element
    }

    private mutating func single() throws -> StateValueDecoding { StateValueDecoding(decoder: try next()) }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, reader.null() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try single().decode(type) }
    mutating func decode(_ type: String.Type) throws -> String { try single().decode(type) }
    mutating func decode(_ type: Double.Type) throws -> Double { try single().decode(type) }
    mutating func decode(_ type: Float.Type) throws -> Float { try single().decode(type) }
    mutating func decode(_ type: Int.Type) throws -> Int { try single().decode(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try single().decode(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try single().decode(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try single().decode(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try single().decode(type) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try single().decode(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try single().decode(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try single().decode(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try single().decode(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try single().decode(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try single().decode(type) }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().decodeValue(type) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().array() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

struct ArrayIndex: CodingKey {
    let index: Int
    init(intValue: Int) { index = intValue }
    init?(stringValue: String) { return nil }
    var intValue: Int? { index }
    var stringValue: String { "\(index)" }
}
