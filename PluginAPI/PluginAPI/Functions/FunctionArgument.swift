/// An argument of a ``Function``. A literal is one with that name and the type that the function has there.
public struct FunctionArgument: Sendable, ExpressibleByStringLiteral {
    let name: String
    var isNullable = false
    var isTime = false

    public init(stringLiteral name: String) { self.name = name }

    /// One that may be null: a `Double` that is not a number, or a ``FunctionText`` without a start.
    public static func nullable(_ name: String) -> FunctionArgument {
        var argument = FunctionArgument(stringLiteral: name)
        argument.isNullable = true
        return argument
    }

    /// A time: an `Int` in the function, microseconds since 1970 UTC.
    public static func time(_ name: String) -> FunctionArgument {
        var argument = FunctionArgument(stringLiteral: name)
        argument.isTime = true
        return argument
    }
}
