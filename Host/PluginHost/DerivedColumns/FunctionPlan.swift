import Settings

/// Resolves calls of functions, as operators write them.
package struct FunctionPlan {
    /// Why an expression does not fit.
    package enum Mistake: Error {
        /// There is no such function.
        case lacks(String)
        case wrong(String)

        package var reason: String {
            switch self {
            case .lacks(let reason), .wrong(let reason): reason
            }
        }
    }

    /// An expression that fits.
    package struct Resolved {
        package let term: FunctionTerm
        package let type: ColumnType
        package let uses: [FunctionUse]
    }

    /// Says which column a name stands for, and of what type it is, where an argument of a function is wanted.
    package typealias Naming =
        (_ name: String, _ wanted: FunctionDescription.Argument) throws(Mistake) -> (index: Int, type: ColumnType)

    /// By their ids.
    private let functions: [String: CallableFunction]
    private let mayBeImpure: Bool

    /// - Parameter mayBeImpure: whether results may depend on more than arguments.
    package init(_ functions: [CallableFunction], mayBeImpure: Bool = false) {
        self.functions = Dictionary(functions.map { ($0.description.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.mayBeImpure = mayBeImpure
    }

    /// Resolves a call, its functions by their ids and its other names by `naming`.
    package func resolve(_ expression: ColumnExpression, _ naming: Naming) throws(Mistake) -> Resolved {
        guard case .call(let name, let arguments) = expression else {
            throw .wrong("expected a call of a function, found \(expression.words)")
        }
        let function = try function(name)
        let signature = function.description.signature
        let wanted = function.description.arguments
        guard arguments.count == wanted.count else {
            throw .wrong(
                "expected \(wanted.count) argument\(wanted.count == 1 ? "" : "s") for \(signature), "
                    + "found \(arguments.count)")
        }
        var uses = [
            FunctionUse(
                function: function.description, plugin: function.plugin, isInProcess: function.rowCaller != nil)
        ]
        var terms: [FunctionTerm] = []
        for (argument, wanted) in zip(arguments, wanted) {
            let term: FunctionTerm
            let type: ColumnType
            switch argument {
            case .constant(let cell): (term, type) = (.constant(cell), cell.type)
            case .column(let name):
                let column = try naming(name, wanted)
                (term, type) = (.column(column.index), column.type)
            case .call:
                let resolved = try resolve(argument, naming)
                uses += resolved.uses
                (term, type) = (resolved.term, resolved.type)
            }
            guard wanted.takes(type) else {
                throw .wrong(
                    "expected \(wanted.type.rawValue) for \(wanted.name) of \(signature), "
                        + "found \(argument.words), which is \(type.rawValue)")
            }
            terms.append(term)
        }
        return Resolved(term: .call(function, terms), type: function.description.result, uses: uses)
    }

    private func function(_ name: String) throws(Mistake) -> CallableFunction {
        guard let function = functions[name] else {
            let names = functions.keys.sorted()
            throw .lacks(
                (names.isEmpty
                    ? "expected a function of a plugin, but no plugin has any"
                    : "expected a function of a plugin (\(names.joined(separator: ", ")))")
                    + ", found “\(name)”" + Self.suggestion(name, names))
        }
        guard mayBeImpure || function.description.isPure else {
            throw .wrong(
                "expected a pure function, found \(function.description.signature) of \(function.plugin), which is not")
        }
        return function
    }

    /// What else may have been meant, for the end of a message.
    static func suggestion(_ name: String, _ names: [String]) -> String {
        nearest(to: name, in: names).map { "; did you mean “\($0)”?" } ?? ""
    }
}

extension FunctionDescription.Argument {
    /// Whether a column or constant of that type will do.
    fileprivate func takes(_ other: ColumnType) -> Bool {
        type == other || type == .number && other == .integer || type == .integer && other == .time
    }
}

extension Cell {
    /// Of a constant, which is never null.
    fileprivate var type: ColumnType {
        switch self {
        case .null, .text: .text
        case .integer: .integer
        case .number: .number
        case .boolean: .boolean
        case .time: .time
        }
    }
}

extension ColumnExpression {
    /// As it was written, for a message.
    fileprivate var words: String {
        switch self {
        case .column(let name): "“\(name)”"
        case .constant(let cell): cell.words
        case .call(let name, _): "\(name)(…)"
        }
    }
}
