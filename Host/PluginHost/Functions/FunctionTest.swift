package import CPluginAPI

/// What a function must return for some arguments, as its plugin says.
package struct FunctionTest: Sendable, Equatable {
    package let arguments: [Cell]
    package let result: Cell
    /// How far a number may be from `result`.
    package let tolerance: Double

    package init(_ arguments: [Cell], gives result: Cell, within tolerance: Double = 0) {
        self.arguments = arguments
        self.result = result
        self.tolerance = tolerance
    }

    /// The first test that fails, and what the function returned; nil if all pass. Calls the function.
    static func failure(of tests: [FunctionTest], with caller: FunctionCaller) -> (test: FunctionTest, found: Cell)? {
        guard let first = tests.first else { return nil }
        let columns = first.arguments.indices.map { index in FunctionColumn.cells(tests.map { $0.arguments[index] }) }
        for (test, found) in zip(tests, caller.call(columns, rows: tests.count)) where !test.accepts(found) {
            return (test, found)
        }
        return nil
    }

    private func accepts(_ found: Cell) -> Bool {
        if case .number(let wanted) = result, case .number(let found) = found {
            return abs(found - wanted) <= tolerance
        }
        return found == result
    }

    /// `29.43 ± 0.01`
    var wanted: String { result.words + (tolerance > 0 ? " ± \(tolerance)" : "") }
    /// `(80, 7)`
    var call: String { "(\(arguments.map(\.words).joined(separator: ", ")))" }
}

extension Cell {
    /// As it would stand in an expression.
    var words: String {
        switch self {
        case .null: "null"
        case .text(let text): "'\(text)'"
        case .integer(let value), .time(let value): "\(value)"
        case .number(let value): "\(value)"
        case .boolean(let value): "\(value)"
        }
    }

    /// Of a value that stands in a declaration; nil if it is of another type than that. Null is of any.
    package init?(declared value: lectern_value, _ type: ColumnType) {
        switch (type, value.tag) {
        case (_, LECTERN_NULL): self = .null
        case (.text, LECTERN_TEXT):
            let bytes = UnsafeRawBufferPointer(start: value.as.text, count: Int(value.length))
            self = .text(String(decoding: bytes, as: UTF8.self))
        case (.integer, LECTERN_INTEGER): self = .integer(value.as.integer)
        case (.time, LECTERN_INTEGER): self = .time(value.as.integer)
        case (.number, LECTERN_NUMBER): self = .number(value.as.number)
        case (.number, LECTERN_INTEGER): self = .number(Double(value.as.integer))
        case (.boolean, LECTERN_TRUE): self = .boolean(true)
        case (.boolean, LECTERN_FALSE): self = .boolean(false)
        default: return nil
        }
    }
}
