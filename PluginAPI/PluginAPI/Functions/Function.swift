/// A function that operators call by its name: over the columns of a table, to derive a further one, and over the fields of
/// events, to store what it says with them.
///
///     Function("forgetting", "score", "days") { score, days in score * exp(-days / 30) }
///         .description("What is left of a score after some days.")
///         .test(80, 0, gives: 80)
///         .test(80, 30, gives: 29.43, within: 0.01)
///
///     Function("level", "score") { score in score < 50 ? "low" : "high" }
///         .test(20, gives: "low").test(50, gives: "high")
///
/// A closure like these takes up to four numbers and returns a number, an integer, a Bool or a ``FunctionText``. Functions
/// of other types are given by `calling:`.
///
/// It is a C function: it captures nothing, not even settings. Its result depends on its arguments alone, unless
/// ``impure()`` says otherwise. It is called for whole columns, on any thread, several at once, and must not trap. Of null
/// it makes null without being called, except for arguments that are ``FunctionArgument/nullable(_:)``. Each function needs
/// at least one test: a host runs them whenever it loads the plugin.
public struct Function: Sendable {
    let id: String
    let arguments: [FunctionArgument]
    /// A type as C declares it; nil if the host has none such.
    let types: [FunctionType?]
    let result: FunctionType?
    /// The type of `code` in Swift's words, for messages.
    let typeName: String
    let code: @convention(c) @Sendable () -> Void
    var title = ""
    var about = ""
    var isPure = true
    var isExpensive = false
    var tests: [FunctionTest] = []

    /// A function of any of the types, made of a C function: its signature is read from its type.
    ///
    ///     Function("initial", calling: initial as @convention(c) (FunctionText) -> FunctionText, "name")
    ///
    /// where `initial` is a closure, or a function that is marked `@c`.
    ///
    /// - Parameter function: of type `@convention(c)`, with arguments and a result of `Double`, `Int`, `Int64`, `Bool` or
    ///   `FunctionText`.
    public init<Code>(_ id: String, calling function: Code, _ arguments: FunctionArgument...) {
        self.init(id, arguments, function)
    }

    init<Code>(_ id: String, _ arguments: [FunctionArgument], _ function: Code) {
        self.id = id
        self.arguments = arguments
        typeName = String(reflecting: Code.self)
        // A generic type can't be taken apart, but its name can, and that of a C function tells all about it.
        let signature = FunctionSignature(typeName)
        types = signature?.arguments ?? []
        result = signature?.result
        // Only what is a C function by its type is a pointer to code; `check` refuses everything else.
        if signature == nil {
            code = {}
        } else {
            code = unsafeBitCast(function, to: (@convention(c) @Sendable () -> Void).self)
        }
    }

    /// For people; else the id is shown.
    public func title(_ title: String) -> Function { with { $0.title = title } }

    /// What it tells, in a sentence or two.
    public func description(_ description: String) -> Function { with { $0.about = description } }

    /// Says that the result depends on more than the arguments. Columns of tables can't call it.
    public func impure() -> Function { with { $0.isPure = false } }

    /// Says that a call takes microseconds rather than nanoseconds.
    public func expensive() -> Function { with { $0.isExpensive = true } }

    /// What the function returns for some arguments. The host calls it to see whether that is so, and refuses the plugin
    /// otherwise.
    ///
    /// - Parameter tolerance: how far a number may be from the result.
    public func test(
        _ arguments: FunctionValue..., gives result: FunctionValue, within tolerance: Double = 0
    ) -> Function {
        with { $0.tests.append(FunctionTest(arguments: arguments, result: result, tolerance: tolerance)) }
    }

    private func with(_ change: (inout Function) -> Void) -> Function {
        var copy = self
        change(&copy)
        return copy
    }
}

/// What a function returns for some arguments.
struct FunctionTest: Sendable {
    let arguments: [FunctionValue]
    let result: FunctionValue
    let tolerance: Double
}
