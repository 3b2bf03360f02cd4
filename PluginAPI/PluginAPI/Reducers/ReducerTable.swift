import CPluginAPI

/// What the C functions of a reducer get as their context.
private final class ReducerContext {
    let type: any Reducer.Type
    let spread: (any SpreadReducer.Type)?
    let host: HostConnection

    init(_ type: any Reducer.Type, _ spread: (any SpreadReducer.Type)?, _ host: HostConnection) {
        self.type = type
        self.spread = spread
        self.host = host
    }
}

private func withContext<Result>(_ context: UnsafeMutableRawPointer?, _ body: (ReducerContext) -> Result) -> Result {
    Unmanaged<ReducerContext>.fromOpaque(context!)._withUnsafeGuaranteedRef(body)
}

/// A reducer of the plugin, before it is declared to the host.
struct ReducerComponent {
    let type: any Reducer.Type
    let spread: (any SpreadReducer.Type)?
    let timed: (any TimedReducer.Type)?
    let windowed: (any WindowedReducer.Type)?

    var id: String { type.id }

    /// Its declaration for the host.
    /// - Parameter input: index of its input.
    func declaration(input: Int, host: HostConnection) -> UnsafePointer<lectern_reducer> {
        type.declaration(spread: spread, input: input, host: host)
    }
}

extension Reducer {
    /// Refuses a key that asks for a merge.
    static func checkLocal() throws {
        guard !key.parts.contains(.actor) else { return }
        throw PlainError(
            "reducer \(id): its key \(key.parts.map(\.name)) lacks .actor, so its states are spread over partitions: "
                + "expected a SpreadReducer, with merge, found a Reducer")
    }

    fileprivate static func declaration(
        spread: (any SpreadReducer.Type)?, input: Int, host: HostConnection
    ) -> UnsafePointer<lectern_reducer> {
        var table = lectern_reducer()
        table.size = UInt32(MemoryLayout<lectern_reducer>.size)
        table.context = Unmanaged.passRetained(ReducerContext(Self.self, spread, host)).toOpaque()
        table.id = Permanent.text(id)
        table.version = UInt32(clamping: version)
        table.input = UInt32(input)
        table.type_count = UInt32(events.types.count)
        table.types = Permanent.array(events.types.map(Permanent.text))
        table.key_count = UInt32(key.parts.count)
        table.key = Permanent.array(key.parts.map(\.declaration))
        table.state_size = UInt32(MemoryLayout<State>.size)
        table.state_align = UInt32(MemoryLayout<State>.alignment)

        table.`init` = { context, state in withContext(context) { $0.type._initialize(state!) } }
        if !_isPOD(State.self) {
            table.destroy = { context, state in withContext(context) { $0.type._destroy(state!) } }
        }
        table.reduce = { context, batch in withContext(context) { $0.type._reduce(batch!) } }
        table.encode = { context, state, output in
            withContext(context) { reducer in
                reducer.host.status(LECTERN_FAILED) { try reducer.type._encode(state!, output!) }
            }
        }
        table.decode = { context, bytes, length, state in
            withContext(context) { reducer in
                let bytes = UnsafeRawBufferPointer(start: bytes, count: Int(length))
                return reducer.host.status(LECTERN_BAD_STATE) { try reducer.type._decode(bytes, state!) }
            }
        }
        if spread != nil {
            table.merge = { context, state, other in withContext(context) { $0.spread!._merge(state!, other!) } }
        }
        if External.self != State.self {
            table.external = { context, state, output in
                withContext(context) { reducer in
                    reducer.host.status(LECTERN_FAILED) { try reducer.type._encodeExternal(state!, output!) }
                }
            }
        }
        return Permanent.value(table)
    }
}
