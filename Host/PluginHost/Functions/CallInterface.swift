import CFFI
import CPluginAPI

/// How libffi calls a C function of some types: prepared once, which costs as much as a call, then used for each.
///
/// Safe to share: nothing here changes once it is made, and a call only reads it.
final class CallInterface: @unchecked Sendable {
    private let interface: UnsafeMutablePointer<ffi_cif>
    private let types: UnsafeMutablePointer<UnsafeMutablePointer<ffi_type>?>
    /// `lectern_text`, a struct of a pointer and a length.
    private let text: UnsafeMutablePointer<ffi_type>
    private let members: UnsafeMutablePointer<UnsafeMutablePointer<ffi_type>?>

    /// Room for a result of any type.
    static let resultSize = 16

    init(arguments: [ColumnType], result: ColumnType) {
        members = .allocate(capacity: 3)
        members.initialize(repeating: nil, count: 3)
        members[0] = lectern_ffi_pointer()
        members[1] = lectern_ffi_uint64()
        text = .allocate(capacity: 1)
        text.initialize(to: ffi_type(size: 0, alignment: 0, type: UInt16(FFI_TYPE_STRUCT), elements: members))
        types = .allocate(capacity: max(arguments.count, 1))
        for (index, type) in arguments.enumerated() { (types + index).initialize(to: Self.type(type, text)) }
        interface = .allocate(capacity: 1)
        interface.initialize(to: ffi_cif())
        let isPrepared = lectern_ffi_prepare(interface, UInt32(arguments.count), Self.type(result, text), types)
        // Fails for types that are none, and these are constants.
        precondition(isPrepared != 0, "libffi can't call a function of \(arguments) that returns \(result)")
    }

    deinit {
        interface.deallocate()
        types.deallocate()
        text.deallocate()
        members.deallocate()
    }

    private static func type(_ type: ColumnType, _ text: UnsafeMutablePointer<ffi_type>)
        -> UnsafeMutablePointer<ffi_type>?
    {
        switch type {
        case .number: lectern_ffi_double()
        case .integer, .time: lectern_ffi_int64()
        case .boolean: lectern_ffi_bool()
        case .text: text
        }
    }

    /// Calls the function. `arguments` point to its values; the result is written to `result`, `resultSize` bytes.
    @inline(__always)
    func call(
        _ function: UnsafeRawPointer, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
        _ result: UnsafeMutableRawPointer
    ) {
        lectern_ffi_call(interface, function, result, arguments)
    }
}
