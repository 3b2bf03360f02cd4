/// Sets and dictionaries, whose own coding follows their random order: their entries are sorted by their bytes.
protocol UnorderedCollection {
    func encodeSorted(to encoder: StateEncoder) throws
    static func decodeSorted(from decoder: StateDecoder) throws -> Any
}

extension Set: UnorderedCollection where Element: Codable {
    func encodeSorted(to encoder: StateEncoder) throws {
        let outer = encoder.writer.openFrame()
        for element in self {
            _ = encoder.writer.beginEntry()
            try encoder.encodeValue(element)
        }
        encoder.writer.closeArray(outer, isSet: true)
    }

    static func decodeSorted(from decoder: StateDecoder) throws -> Any {
        var container = try decoder.array()
        var set = Set(minimumCapacity: container.count ?? 0)
        while !container.isAtEnd { set.insert(try container.decode(Element.self)) }
        return set
    }
}

/// A dictionary is a map where all its keys are texts or integers, and else an array of pairs.
extension Dictionary: UnorderedCollection where Key: Codable, Value: Codable {
    func encodeSorted(to encoder: StateEncoder) throws {
        let start = encoder.writer.count
        let outer = encoder.writer.openFrame()
        for (key, value) in self {
            let entry = encoder.writer.beginEntry()
            try encoder.encodeValue(key)
            guard encoder.writer.isPlain(at: entry) else {
                encoder.writer.rewind(to: start, outer)
                return try encodePairs(to: encoder)
            }
            encoder.writer.notice(keyAt: entry)
            try encoder.encodeValue(value)
        }
        encoder.writer.closeMap(outer)
    }

    private func encodePairs(to encoder: StateEncoder) throws {
        let outer = encoder.writer.openFrame()
        for (key, value) in self {
            _ = encoder.writer.beginEntry()
            encoder.writer.array(2)
            try encoder.encodeValue(key)
            try encoder.encodeValue(value)
        }
        encoder.writer.closeArray(outer, isSet: true)
    }

    static func decodeSorted(from decoder: StateDecoder) throws -> Any {
        var dictionary: [Key: Value] = [:]
        if decoder.isMap {
            try decoder.map().forEach { keyReader, valueReader in
                let key = try decoder.at(keyReader).decodeValue(Key.self)
                dictionary[key] = try decoder.at(valueReader).decodeValue(Value.self)
            }
        } else {
            var pairs = try decoder.array()
            while !pairs.isAtEnd {
                var pair = try pairs.nestedUnkeyedContainer()
                let key = try pair.decode(Key.self)
                dictionary[key] = try pair.decode(Value.self)
            }
        }
        return dictionary
    }
}

extension Set: StateCoding where Element: StateCoding {
    public func encode(into writer: inout StateWriter) {
        let outer = writer.openFrame()
        for element in self {
            _ = writer.beginEntry()
            element.encode(into: &writer)
        }
        writer.closeArray(outer, isSet: true)
    }

    public init(from reader: inout StateReader) throws {
        self = []
        for _ in 0..<(try reader.array()) { insert(try Element(from: &reader)) }
    }
}

/// For keys that are texts or integers when stored.
extension Dictionary: StateCoding where Key: StateCoding, Value: StateCoding {
    public func encode(into writer: inout StateWriter) {
        let outer = writer.openFrame()
        for (key, value) in self {
            let entry = writer.beginEntry()
            key.encode(into: &writer)
            writer.notice(keyAt: entry)
            value.encode(into: &writer)
        }
        writer.closeMap(outer)
    }

    public init(from reader: inout StateReader) throws {
        self = [:]
        try reader.map().forEach { key, value in self[try Key(from: &key)] = try Value(from: &value) }
    }
}

extension StateWriter {
    /// Whether the item at `start` is a text or an integer.
    func isPlain(at start: Int) -> Bool {
        let major = base.load(fromByteOffset: start, as: UInt8.self) >> 5
        return major <= 1 || major == 3
    }

    /// Forgets what has been written since `start`, a container that was opened there included.
    mutating func rewind(to start: Int, _ outer: Frame) {
        count = start
        frame = outer
    }
}
