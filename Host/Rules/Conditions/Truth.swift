/// What a condition is of an event: what can't be known, since a field is missing, is neither true nor false (Kleene's logic).
package enum Truth: UInt8, Sendable {
    case no, yes, unknown

    @inline(__always)
    init(_ value: Bool) { self = value ? .yes : .no }

    @inline(__always)
    var negated: Truth {
        switch self {
        case .no: .yes
        case .yes: .no
        case .unknown: .unknown
        }
    }
}
