public import CPluginAPI

// A closure becomes a C function only where its type is written down, so each of these has an initializer of its own.
// Numbers are what functions are mostly about, and where all arguments are numbers, no closure needs to say so.

extension Function {
    /// Of one number, giving a number; one that is not finite is null.
    public init(
        _ id: String, _ a: FunctionArgument,
        _ body: @convention(c) (Double) -> Double
    ) {
        self.init(id, [a], body)
    }

    /// Of one number, giving an integer.
    public init(
        _ id: String, _ a: FunctionArgument,
        _ body: @convention(c) (Double) -> Int
    ) {
        self.init(id, [a], body)
    }

    /// Of one number, giving true or false.
    public init(
        _ id: String, _ a: FunctionArgument,
        _ body: @convention(c) (Double) -> Bool
    ) {
        self.init(id, [a], body)
    }

    /// Of one number, giving a text.
    public init(
        _ id: String, _ a: FunctionArgument,
        _ body: @convention(c) (Double) -> FunctionText
    ) {
        self.init(id, [a], body)
    }

    /// Of two numbers, giving a number; one that is not finite is null.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument,
        _ body: @convention(c) (Double, Double) -> Double
    ) {
        self.init(id, [a, b], body)
    }

    /// Of two numbers, giving an integer.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument,
        _ body: @convention(c) (Double, Double) -> Int
    ) {
        self.init(id, [a, b], body)
    }

    /// Of two numbers, giving true or false.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument,
        _ body: @convention(c) (Double, Double) -> Bool
    ) {
        self.init(id, [a, b], body)
    }

    /// Of two numbers, giving a text.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument,
        _ body: @convention(c) (Double, Double) -> FunctionText
    ) {
        self.init(id, [a, b], body)
    }

    /// Of three numbers, giving a number; one that is not finite is null.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double) -> Double
    ) {
        self.init(id, [a, b, c], body)
    }

    /// Of three numbers, giving an integer.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double) -> Int
    ) {
        self.init(id, [a, b, c], body)
    }

    /// Of three numbers, giving true or false.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double) -> Bool
    ) {
        self.init(id, [a, b, c], body)
    }

    /// Of three numbers, giving a text.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double) -> FunctionText
    ) {
        self.init(id, [a, b, c], body)
    }

    /// Of four numbers, giving a number; one that is not finite is null.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument, _ d: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double, Double) -> Double
    ) {
        self.init(id, [a, b, c, d], body)
    }

    /// Of four numbers, giving an integer.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument, _ d: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double, Double) -> Int
    ) {
        self.init(id, [a, b, c, d], body)
    }

    /// Of four numbers, giving true or false.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument, _ d: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double, Double) -> Bool
    ) {
        self.init(id, [a, b, c, d], body)
    }

    /// Of four numbers, giving a text.
    public init(
        _ id: String, _ a: FunctionArgument, _ b: FunctionArgument, _ c: FunctionArgument, _ d: FunctionArgument,
        _ body: @convention(c) (Double, Double, Double, Double) -> FunctionText
    ) {
        self.init(id, [a, b, c, d], body)
    }
}
