public import CPluginAPI

/// Events from `prefetch` to `reduce`: about as long as memory takes.
@inlinable var _ahead: Int { 8 }

extension Reducer {
    @inlinable
    public static func _reduce(_ batch: UnsafePointer<lectern_reduce_batch>) {
        let inputs = batch.pointee.inputs!
        let states = batch.pointee.states!
        let count = Int(batch.pointee.count)
        for k in 0..<count {
            if k + _ahead < count {
                let state = states[k + _ahead]!
                prefetch(
                    &state.assumingMemoryBound(to: State.self).pointee,
                    for: (inputs[k + _ahead] ?? UnsafeRawPointer(state)).assumingMemoryBound(to: Input.self).pointee)
            }
            // Inputs of no size have no place of their own.
            let input = inputs[k] ?? UnsafeRawPointer(states[k]!)
            reduce(
                &states[k]!.assumingMemoryBound(to: State.self).pointee,
                input.assumingMemoryBound(to: Input.self).pointee)
        }
    }

    @inlinable
    public static func _initialize(_ state: UnsafeMutableRawPointer) {
        state.initializeMemory(as: State.self, to: State())
    }

    @inlinable
    public static func _destroy(_ state: UnsafeMutableRawPointer) {
        state.assumingMemoryBound(to: State.self).deinitialize(count: 1)
    }

    @inlinable
    public static func _encode(_ state: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws {
        try encodeItem(state.assumingMemoryBound(to: State.self).pointee, to: output)
    }

    @inlinable
    public static func _encodeExternal(_ state: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws {
        try encodeItem(external(state.assumingMemoryBound(to: State.self).pointee), to: output)
    }

    @inlinable
    public static func _decode(_ bytes: UnsafeRawBufferPointer, _ state: UnsafeMutableRawPointer) throws {
        state.initializeMemory(as: State.self, to: try decodeItem(State.self, from: bytes))
    }
}

extension Reducer where State: StateCoding {
    @inlinable
    public static func _encode(_ state: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws {
        encodeByHand(state.assumingMemoryBound(to: State.self), to: output)
    }

    @inlinable
    public static func _decode(_ bytes: UnsafeRawBufferPointer, _ state: UnsafeMutableRawPointer) throws {
        var reader = StateReader(bytes)
        let decoded = try State(from: &reader)
        try reader.end()
        state.initializeMemory(as: State.self, to: decoded)
    }
}

extension SpreadReducer {
    @inlinable
    public static func _merge(_ state: UnsafeMutableRawPointer, _ other: UnsafeRawPointer) {
        merge(
            &state.assumingMemoryBound(to: State.self).pointee,
            other.assumingMemoryBound(to: State.self).pointee)
    }
}

/// Through `Encodable`.
@usableFromInline
func encodeItem(_ value: some Encodable, to output: UnsafePointer<lectern_writer>) throws {
    let encoder = StateEncoder()
    try encoder.encodeValue(value)
    encoder.writer.withBytes { output.pointee.write?(output.pointee.context, $0.baseAddress, UInt64($0.count)) }
}

@usableFromInline
func decodeItem<State: Decodable>(_ type: State.Type, from bytes: UnsafeRawBufferPointer) throws -> State {
    var reader = StateReader(bytes)
    let decoder = StateDecoder(reader)
    try reader.skip()
    try reader.end()
    return try decoder.decodeValue(type)
}

/// Through `StateCoding`: small states never touch the heap.
@inlinable
func encodeByHand<State: StateCoding>(_ state: UnsafePointer<State>, to output: UnsafePointer<lectern_writer>) {
    withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 16) { memory in
        var writer = StateWriter(borrowing: memory)
        state.pointee.encode(into: &writer)
        writer.withBytes { output.pointee.write?(output.pointee.context, $0.baseAddress, UInt64($0.count)) }
    }
}
