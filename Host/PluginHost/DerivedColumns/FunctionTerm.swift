/// A call of functions over columns and constants whose names are resolved and whose types fit.
package indirect enum FunctionTerm: Sendable {
    /// The index of a column.
    case column(Int)
    case constant(Cell)
    case call(CallableFunction, [FunctionTerm])

    /// Its values for so many rows. Each function is called once, for all of them.
    ///
    /// - Parameter column: the values of the column of an index.
    package func values(rows: Int, column: (Int) -> FunctionColumn) -> FunctionColumn {
        switch self {
        case .column(let index): column(index)
        case .constant(let cell): .constant(cell)
        case .call(let function, let arguments):
            .cells(function.call(arguments.map { $0.values(rows: rows, column: column) }, rows))
        }
    }
}

/// A function that somebody calls.
package struct FunctionUse: Sendable {
    package let function: FunctionDescription
    /// The plugin that has it.
    package let plugin: String
    /// Whether it is this process's.
    package let isInProcess: Bool
}
