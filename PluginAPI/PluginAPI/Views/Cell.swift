import CPluginAPI

/// A value of a key's part or of a row's cell.
@frozen
public enum Cell {
    case null
    /// Borrowed: valid for the call it was given in.
    case text(Text)
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case time(Timestamp)

    /// A number, or null where there is none.
    @inlinable
    public static func number(_ value: Double?) -> Cell { value.map { .number($0) } ?? .null }

    /// A time, or null where there is none.
    @inlinable
    public static func time(_ value: Timestamp?) -> Cell { value.map { .time($0) } ?? .null }

    init(_ value: lectern_value) {
        self =
            switch value.tag {
            case LECTERN_TEXT, LECTERN_JSON: .text(Text(start: value.as.text, count: Int(value.length)))
            case LECTERN_INTEGER: .integer(Int(value.as.integer))
            case LECTERN_NUMBER: .number(value.as.number)
            case LECTERN_TRUE: .boolean(true)
            case LECTERN_FALSE: .boolean(false)
            default: .null
            }
    }
}

extension Cell {
    /// The value without its text.
    fileprivate var bare: lectern_value {
        var value = lectern_value()
        switch self {
        case .null, .text, .string: value.tag = LECTERN_NULL
        case .integer(let integer):
            value.tag = LECTERN_INTEGER
            value.as.integer = Int64(integer)
        case .number(let number):
            // A row holds what JSON can say.
            value.tag = number.isFinite ? LECTERN_NUMBER : LECTERN_NULL
            value.as.number = number
        case .boolean(let boolean): value.tag = boolean ? LECTERN_TRUE : LECTERN_FALSE
        case .time(let time):
            value.tag = LECTERN_INTEGER
            value.as.integer = time.microseconds
        }
        return value
    }

    /// Calls `body` with the values of some cells, valid for the call.
    static func withValues<Result>(
        _ cells: [Cell], _ body: (UnsafeMutablePointer<lectern_value>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: lectern_value.self, capacity: max(cells.count, 1)) { values in
            withValues(cells, from: 0, values.baseAddress!, body)
        }
    }

    /// Fills the values from a cell on: one level of calls for each text that has to be borrowed, none for other cells.
    private static func withValues<Result>(
        _ cells: [Cell], from first: Int, _ values: UnsafeMutablePointer<lectern_value>,
        _ body: (UnsafeMutablePointer<lectern_value>) -> Result
    ) -> Result {
        var index = first
        while index < cells.count {
            var value = cells[index].bare
            switch cells[index] {
            case .text(let text): value.set(text)
            case .string(var string):
                return string.withUTF8 { bytes in
                    value.set(Text(start: bytes.baseAddress, count: bytes.count))
                    (values + index).initialize(to: value)
                    return withValues(cells, from: index + 1, values, body)
                }
            default: break
            }
            (values + index).initialize(to: value)
            index += 1
        }
        return body(values)
    }
}

extension lectern_value {
    fileprivate mutating func set(_ value: Text) {
        tag = LECTERN_TEXT
        length = UInt32(value.count)
        self.as.text = value.utf8.baseAddress?.assumingMemoryBound(to: CChar.self)
    }
}
