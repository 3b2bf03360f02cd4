import CPluginAPI

/// What a function takes or returns, as the ABI numbers it.
enum FunctionType: UInt32, Sendable {
    case text = 1
    case integer, number, boolean, time

    /// By the full name of the type in Swift; nil for any other.
    init?(_ name: Substring) {
        switch name {
        case "Swift.Double": self = .number
        case "Swift.Int", "Swift.Int64": self = .integer
        case "Swift.Bool": self = .boolean
        case "__C.lectern_text": self = .text
        default: return nil
        }
    }
}

/// The types of a C function, read from the name of its type: `@convention(c) (Swift.Double, Swift.Int) -> Swift.Bool`.
struct FunctionSignature {
    let arguments: [FunctionType?]
    let result: FunctionType?

    /// Nil if that is no C function.
    init?(_ typeName: String) {
        let prefix = "@convention(c) ("
        guard typeName.hasPrefix(prefix) else { return nil }
        let rest = typeName.dropFirst(prefix.count)
        guard let end = rest.firstIndex(of: ")") else { return nil }
        let arrow = ") -> "
        guard rest[end...].hasPrefix(arrow) else { return nil }
        arguments = rest[..<end].split(separator: ",").map { FunctionType($0.drop { $0 == " " }) }
        result = FunctionType(rest[end...].dropFirst(arrow.count))
    }
}
