import CPluginAPI

/// What the C functions of a timer get as their context.
private final class TimerContext {
    let type: any TimedReducer.Type
    init(_ type: any TimedReducer.Type) { self.type = type }
}

private func withType<Result>(
    _ context: UnsafeMutableRawPointer?, _ body: (any TimedReducer.Type) -> Result
) -> Result {
    Unmanaged<TimerContext>.fromOpaque(context!)._withUnsafeGuaranteedRef { body($0.type) }
}

extension TimedReducer {
    /// The declaration of its timer for the host.
    static func timerDeclaration() -> UnsafePointer<lectern_timer> {
        var table = lectern_timer()
        table.size = UInt32(MemoryLayout<lectern_timer>.size)
        table.context = Unmanaged.passRetained(TimerContext(Self.self)).toOpaque()
        table.reducer = Permanent.text(id)
        table.due = { context, state in withType(context) { $0._due(state!) } }
        table.tick = { context, state, time in withType(context) { $0._tick(state!, time) } }
        return Permanent.value(table)
    }
}
