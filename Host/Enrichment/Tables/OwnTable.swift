import PluginHost

/// The newest row of each key of one table. Not thread-safe.
struct OwnTable {
    struct Row {
        /// A cell per column.
        let cells: [Cell]
        /// When its window begins; nil: the table has none.
        let window: Int64?
    }

    let columns: [TableColumn]
    private let key: RowKey?
    private let limit: Int
    private var rows: [[String]: Row] = [:]
    /// There were rows of more keys than the limit: some are left out.
    private(set) var isFull = false

    /// - Parameter limit: keys, at most.
    init(_ columns: [TableColumn], limit: Int) {
        self.columns = columns
        self.limit = limit
        key = RowKey(columns)
    }

    subscript(parts: [String]) -> Row? { rows[parts] }

    /// Takes rows that are gone, by the cells of their key columns, and rows that are new or have changed.
    mutating func take(_ changed: [[Cell]], gone: [[Cell]]) {
        guard let key else { return }
        let keyColumns = columns.indices.filter { columns[$0].isKey }
        for cells in gone {
            // As a row again, of which only the key is looked at.
            var row = [Cell](repeating: .null, count: columns.count)
            for (column, cell) in zip(keyColumns, cells) { row[column] = cell }
            // Windows go from the oldest on: when the newest one goes, the others have gone.
            guard let parts = key.parts(of: row), let known = rows[parts], known.window == key.time(of: row) else {
                continue
            }
            rows[parts] = nil
        }
        for cells in changed {
            guard let parts = key.parts(of: cells) else { continue }
            let window = key.time(of: cells)
            if let known = rows[parts] {
                if let window, let last = known.window, window < last { continue }
            } else if rows.count >= limit {
                isFull = true
                continue
            }
            rows[parts] = Row(cells: cells, window: window)
        }
    }
}

extension RowKey {
    fileprivate func time(of row: [Cell]) -> Int64? {
        if let window, case .time(let time) = row[window] { time } else { nil }
    }
}
