package import CPluginAPI

/// Calls a function for one row at a time: no call allocates anything. Not thread-safe.
package protocol RowCalling: AnyObject {
    /// - Parameter given: a value for each argument. A time is an integer, in microseconds since 1970 UTC, and an integer will do
    ///   for a number; what is of another type is null.
    /// - Returns: the result, null where an argument is null that may not be. A text is valid until the next call, and as long as
    ///   the arguments.
    func call(_ given: UnsafePointer<lectern_value>) -> lectern_value
}

/// Calls a C function of a plugin.
final class RowCaller: RowCalling {
    private let code: UnsafeRawPointer
    private let arguments: [FunctionDescription.Argument]
    private let result: ColumnType
    private let interface: CallInterface
    private let values: UnsafeMutableRawPointer
    private let places: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let room: UnsafeMutableRawPointer

    private static let size = MemoryLayout<lectern_text>.stride

    init(_ code: UnsafeRawPointer, _ arguments: [FunctionDescription.Argument], _ result: ColumnType) {
        self.code = code
        self.arguments = arguments
        self.result = result
        interface = CallInterface(arguments: arguments.map(\.type), result: result)
        let count = max(arguments.count, 1)
        values = .allocate(byteCount: count * Self.size, alignment: 16)
        places = .allocate(capacity: count)
        for index in 0..<count { (places + index).initialize(to: values + index * Self.size) }
        room = .allocate(byteCount: CallInterface.resultSize, alignment: 16)
    }

    deinit {
        values.deallocate()
        places.deallocate()
        room.deallocate()
    }

    func call(_ given: UnsafePointer<lectern_value>) -> lectern_value {
        for index in arguments.indices where !place(given[index], index) { return Self.null }
        interface.call(code, places, room)
        var value = lectern_value()
        switch result {
        case .number:
            value.as.number = room.load(as: Double.self)
            value.tag = value.as.number.isFinite ? LECTERN_NUMBER : LECTERN_NULL
        case .integer, .time:
            value.tag = LECTERN_INTEGER
            value.as.integer = room.load(as: Int64.self)
        // Small results come as a whole register, of which the lowest byte counts.
        case .boolean:
            value.tag = UInt8(truncatingIfNeeded: room.load(as: UInt.self)) != 0 ? LECTERN_TRUE : LECTERN_FALSE
        case .text:
            let text = room.load(as: lectern_text.self)
            guard let start = text.start, let length = UInt32(exactly: text.length) else { return Self.null }
            value.tag = LECTERN_TEXT
            value.as.text = start
            value.length = length
        }
        return value
    }

    private static var null: lectern_value {
        var value = lectern_value()
        value.tag = LECTERN_NULL
        return value
    }

    /// Puts an argument where the function is to find it. False: it is null, and may not be.
    private func place(_ value: lectern_value, _ index: Int) -> Bool {
        let place = values + index * Self.size
        let argument = arguments[index]
        switch (argument.type, value.tag) {
        case (.number, LECTERN_NUMBER): place.storeBytes(of: value.as.number, as: Double.self)
        case (.number, LECTERN_INTEGER): place.storeBytes(of: Double(value.as.integer), as: Double.self)
        case (.integer, LECTERN_INTEGER), (.time, LECTERN_INTEGER):
            place.storeBytes(of: value.as.integer, as: Int64.self)
        case (.boolean, LECTERN_TRUE), (.boolean, LECTERN_FALSE):
            place.storeBytes(of: value.tag == LECTERN_TRUE, as: Bool.self)
        case (.text, LECTERN_TEXT):
            place.storeBytes(
                of: lectern_text(start: value.as.text, length: UInt64(value.length)), as: lectern_text.self)
        default:
            guard argument.isNullable else { return false }
            switch argument.type {
            case .number: place.storeBytes(of: .nan, as: Double.self)
            case .text: place.storeBytes(of: lectern_text(), as: lectern_text.self)
            default: return false
            }
        }
        return true
    }
}
