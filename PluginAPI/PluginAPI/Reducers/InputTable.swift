import CPluginAPI

/// What the C functions of an input get as their context.
private final class InputContext {
    let type: any EventInput.Type
    init(_ type: any EventInput.Type) { self.type = type }
}

private func withType(_ context: UnsafeMutableRawPointer?, _ body: (any EventInput.Type) -> Void) {
    Unmanaged<InputContext>.fromOpaque(context!)._withUnsafeGuaranteedRef { body($0.type) }
}

/// The declaration of an input for the host.
func declaration<Input: EventInput>(ofInput input: Input.Type) -> UnsafePointer<lectern_input> {
    var table = lectern_input()
    table.size = UInt32(MemoryLayout<lectern_input>.size)
    table.context = Unmanaged.passRetained(InputContext(input)).toOpaque()
    table.input_size = UInt32(MemoryLayout<Input>.size)
    table.input_align = UInt32(MemoryLayout<Input>.alignment)
    table.scratch_size = UInt32(FieldSlots.size)
    table.read = { context, batch in withType(context) { $0._read(batch!) } }
    if !_isPOD(Input.self) {
        table.destroy = { context, inputs, count in withType(context) { $0._destroy(inputs!, Int(count)) } }
    }
    return Permanent.value(table)
}
