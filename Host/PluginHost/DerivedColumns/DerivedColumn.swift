/// A column that is made of others by functions of plugins: an expression whose names are resolved and whose types fit.
package struct DerivedColumn: Sendable {
    package let column: TableColumn
    /// The expression as it was written.
    package let text: String
    package let uses: [FunctionUse]
    /// Its columns are the table's.
    let term: FunctionTerm

    /// The column's cells for these rows of the table. Each function is called once, for all of them.
    package func cells(for rows: [[Cell]]) -> [Cell] {
        switch term.values(rows: rows.count, column: { index in .cells(rows.map { $0[index] }) }) {
        case .cells(let cells): cells
        case .constant(let cell): Array(repeating: cell, count: rows.count)
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
