import CPluginAPI

/// What the C functions of a window get as their context.
private final class WindowContext {
    let type: any WindowedReducer.Type
    init(_ type: any WindowedReducer.Type) { self.type = type }
}

extension WindowedReducer {
    /// The declaration of its windows for the host, which checks them.
    static func windowDeclaration() -> UnsafePointer<lectern_window> {
        var table = lectern_window()
        table.size = UInt32(MemoryLayout<lectern_window>.size)
        table.context = Unmanaged.passRetained(WindowContext(Self.self)).toOpaque()
        table.reducer = Permanent.text(id)
        table.length = windows.length.microseconds
        table.hop = windows.hop.microseconds
        table.offset = windows.offset.microseconds
        table.disorder = windows.disorder.microseconds
        table.grace = windows.grace.microseconds
        // What LECTERN_FOR_GOOD is.
        table.retention = windows.retention?.microseconds ?? .max
        table.correct = { context, state in
            Unmanaged<WindowContext>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0.type.correct(state!) }
        }
        return Permanent.value(table)
    }
}
