/// A column that is made of others by functions of plugins: an expression whose names are resolved and whose types fit.
package struct DerivedColumn: Sendable {
    indirect enum Term: Sendable {
        /// The index of a column of the table.
        case column(Int)
        case constant(Cell)
        case call(CallableFunction, [Term])
    }

    /// A function that the column calls.
    package struct Use: Sendable {
        package let function: FunctionDescription
        /// The plugin that has it.
        package let plugin: String
    }

    package let column: TableColumn
    /// The expression as it was written.
    package let text: String
    package let uses: [Use]
    let term: Term

    /// The column's cells for these rows of the table. Each function is called once, for all of them.
    package func cells(for rows: [[Cell]]) -> [Cell] {
        switch Self.values(of: term, rows) {
        case .cells(let cells): cells
        case .constant(let cell): Array(repeating: cell, count: rows.count)
        }
    }

    private static func values(of term: Term, _ rows: [[Cell]]) -> FunctionColumn {
        switch term {
        case .column(let index): .cells(rows.map { $0[index] })
        case .constant(let cell): .constant(cell)
        case .call(let function, let arguments):
            .cells(function.call(arguments.map { values(of: $0, rows) }, rows.count))
        }
    }
}

extension [DerivedColumn] {
    /// The rows with these columns at their ends.
    package func extend(_ rows: [[Cell]]) -> [[Cell]] {
        var extended = rows
        for column in self {
            for (index, cell) in column.cells(for: rows).enumerated() { extended[index].append(cell) }
        }
        return extended
    }
}
