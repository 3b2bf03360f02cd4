import CPluginAPI

/// A value in a test of a ``Function``: a literal, or a time.
public enum FunctionValue: Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    case null
    case number(Double)
    case integer(Int)
    case boolean(Bool)
    case text(String)
    case time(Timestamp)

    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(nilLiteral: ()) { self = .null }

    /// Its declaration for the host.
    var declaration: lectern_value {
        var value = lectern_value()
        switch self {
        case .null: value.tag = LECTERN_NULL
        case .number(let number):
            value.tag = LECTERN_NUMBER
            value.as.number = number
        case .integer(let integer):
            value.tag = LECTERN_INTEGER
            value.as.integer = Int64(integer)
        case .boolean(let boolean): value.tag = boolean ? LECTERN_TRUE : LECTERN_FALSE
        case .text(let string):
            let text = Permanent.text(string)
            value.tag = LECTERN_TEXT
            value.as.text = text.start
            value.length = UInt32(text.length)
        case .time(let time):
            value.tag = LECTERN_INTEGER
            value.as.integer = time.microseconds
        }
        return value
    }
}
