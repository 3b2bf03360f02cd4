/// The entries of a stored map, found by their keys.
public struct StateMap {
    let bytes: UnsafeRawBufferPointer
    public let count: Int
    /// Behind the entry that was read last: who reads in the stored order finds each entry there.
    private var next: StateReader

    init(bytes: UnsafeRawBufferPointer, count: Int) {
        self.bytes = bytes
        self.count = count
        next = StateReader(bytes)
    }

    /// The value of an entry, which must be there.
    public mutating func read<Value: StateCoding>(_ name: StaticString, as type: Value.Type = Value.self) throws
        -> Value
    {
        var reader = next
        if (try? reader.text()) != Text(name) {
            guard let found = find(Text(name)) else {
                throw StateError(expected: "a map with \"\(name)\"", found: "a map of \(count) without it")
            }
            reader = found
        }
        let value = try Value(from: &reader)
        next = reader
        return value
    }

    /// The value of an entry, or `missing` if there is none.
    public mutating func read<Value: StateCoding>(_ name: StaticString, default missing: Value) throws -> Value {
        if find(Text(name)) == nil { return missing }
        return try read(name)
    }

    /// Where an entry's value begins.
    func find(_ name: Text) -> StateReader? {
        var reader = StateReader(bytes)
        for _ in 0..<count {
            var key = reader
            reader.skipKnown()
            if let text = try? key.text(), text == name { return reader }
            reader.skipKnown()
        }
        return nil
    }

    /// Calls `body` with each entry: readers that stand before the key and before the value.
    func forEach(_ body: (_ key: inout StateReader, _ value: inout StateReader) throws -> Void) rethrows {
        var reader = StateReader(bytes)
        for _ in 0..<count {
            var key = reader
            reader.skipKnown()
            var value = reader
            reader.skipKnown()
            try body(&key, &value)
        }
    }
}
