/// Encodes anything `Encodable` as one item of state. The containers of a value write straight into one buffer, one
/// value at a time; keys are put into order when a value's map ends.
final class StateEncoder: Encoder {
    /// On the heap, so that the runtime need not watch over each access to it.
    private let memory = UnsafeMutablePointer<StateWriter>.allocate(capacity: 1)
    private var shape = Shape.none
    private var outer = StateWriter.Frame()
    /// Nested containers of the value at hand that may still grow.
    private var open: [(key: String?, encoder: StateEncoder)] = []

    private enum Shape { case none, map, array, single }

    init() { memory.initialize(to: StateWriter()) }

    deinit {
        memory.deinitialize(count: 1)
        memory.deallocate()
    }

    var writer: StateWriter {
        _read { yield memory.pointee }
        _modify { yield &memory.pointee }
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func encodeValue<Value: Encodable>(_ value: Value) throws {
        // Sets and dictionaries are no plain data; asking for their protocol costs as much as many a value.
        if !_isPOD(Value.self), let collection = value as? any UnorderedCollection {
            return try collection.encodeSorted(to: self)
        }
        let saved = (shape, outer, open)
        (shape, open) = (.none, [])
        try value.encode(to: self)
        finish()
        (shape, outer, open) = saved
    }

    func encodeByHand(_ value: some StateCoding) {
        shape = .single
        value.encode(into: &writer)
    }

    /// Ends the container of the value at hand.
    private func finish() {
        if shape == .none { outer = openMap() }
        for (key, encoder) in open {
            encoder.finish()
            if let key { writeKey(key) } else { _ = writer.beginEntry() }
            encoder.writer.withBytes { writer.append($0) }
        }
        switch shape {
        case .none, .map: writer.closeMap(outer)
        case .array: writer.closeArray(outer)
        case .single: break
        }
    }

    private func openMap() -> StateWriter.Frame {
        shape = .map
        return writer.openFrame()
    }

    func writeKey(_ key: String) {
        var key = key
        key.withUTF8 { writer.key(Text(start: $0.baseAddress, count: $0.count)) }
    }

    /// A container that may grow while others are written, in a buffer of its own.
    func nested(_ key: String?) -> StateEncoder {
        let encoder = StateEncoder()
        open.append((key, encoder))
        return encoder
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if shape == .none { outer = openMap() }
        return KeyedEncodingContainer(StateMapEncoding<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if shape == .none {
            shape = .array
            outer = writer.openFrame()
        }
        return StateArrayEncoding(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        shape = .single
        return StateValueEncoding(encoder: self)
    }
}

struct StateValueEncoding: SingleValueEncodingContainer {
    let encoder: StateEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { encoder.writer.null() }
    func encode(_ value: Bool) { encoder.writer.boolean(value) }
    func encode(_ value: String) { encoder.writer.text(value) }
    func encode(_ value: Double) { encoder.writer.number(value) }
    func encode(_ value: Float) { encoder.writer.number(Double(value)) }
    func encode(_ value: Int) { encoder.writer.integer(Int64(value)) }
    func encode(_ value: Int8) { encoder.writer.integer(Int64(value)) }
    func encode(_ value: Int16) { encoder.writer.integer(Int64(value)) }
    func encode(_ value: Int32) { encoder.writer.integer(Int64(value)) }
    func encode(_ value: Int64) { encoder.writer.integer(value) }
    func encode(_ value: Int128) { encoder.writer.wide(value) }
    func encode(_ value: UInt) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt8) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt16) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt32) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt64) { encoder.writer.unsigned(value) }
    func encode(_ value: some Encodable) throws { try encoder.encodeValue(value) }
}
