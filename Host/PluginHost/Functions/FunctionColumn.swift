/// One argument of a function for many rows.
package enum FunctionColumn: Sendable {
    /// A cell for each row.
    case cells([Cell])
    /// The same in each row.
    case constant(Cell)

    subscript(row: Int) -> Cell {
        switch self {
        case .cells(let cells): cells[row]
        case .constant(let cell): cell
        }
    }
}
