import PluginHost

/// The rows of a table that a panel is about.
struct TableRows {
    let table: TableSnapshot
    let all: [[Cell]]
    private let indices: [String: Int]
    private let keyColumns: [Int]
    /// The key columns that the viewer has not narrowed to one value.
    let freeKeyColumns: [Int]

    /// nil if a condition names a column that the table does not have.
    init?(_ table: TableSnapshot, _ conditions: [Condition], _ selection: [String: String]) {
        self.table = table
        let indices = Dictionary(
            table.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.indices = indices
        let keys = table.columns.indices.filter { table.columns[$0].isKey }
        keyColumns = keys.isEmpty ? Array(table.columns.indices) : keys
        freeKeyColumns = keys.filter { selection[table.columns[$0].name] == nil }

        var tests: [(column: Int, comparison: Comparison)] = []
        for condition in conditions {
            guard let column = indices[condition.column] else { return nil }
            tests.append((column, condition.comparison))
        }
        let chosen = selection.compactMap { name, text in indices[name].map { (column: $0, text: text) } }
        if tests.isEmpty, chosen.isEmpty {
            all = table.rows
        } else {
            all = table.rows.filter { row in
                tests.allSatisfy { $0.comparison.fits(row[$0.column]) }
                    && chosen.allSatisfy { ValueFormat.plain.text(row[$0.column]) == $0.text }
            }
        }
    }

    func index(of column: String) -> Int? { indices[column] }

    /// The measure's column; `.some(nil)` if it needs none, nil if the table does not have it.
    func index(of measure: Measure) -> Int?? {
        guard let name = measure.column else { return .some(nil) }
        return indices[name].map(Optional.some)
    }

    func header(_ column: Int) -> PanelColumn {
        let column = table.columns[column]
        let title = column.title.isEmpty ? column.name : column.title
        return PanelColumn(column.type == .time ? "\(title) (UTC)" : title, kind(of: column.type))
    }

    func kind(of type: ColumnType) -> PanelColumn.Kind {
        switch type {
        case .text, .boolean: .text
        case .integer, .number: .number
        case .time: .time
        }
    }

    /// A text that no other row of the table has.
    func key(of row: [Cell]) -> String {
        keyColumns.map { ValueFormat.identity(row[$0]) }.joined(separator: "\u{1F}")
    }

    /// The first `limit` rows of that order; in the table's order where the sort does not decide.
    func first(_ limit: Int, by sort: Sort?) -> [[Cell]] {
        let order = (sort?.all ?? []).compactMap { sort in
            indices[sort.column].map { (column: $0, descending: sort.descending) }
        }
        guard !order.isEmpty else { return Array(all.prefix(limit)) }
        func puts(_ row: [Cell], before other: [Cell]) -> Bool {
            for (column, descending) in order where row[column] != other[column] {
                if row[column] == .null || other[column] == .null { return row[column] != .null }
                let order = row[column].compare(other[column])
                if order != 0 { return descending ? order > 0 : order < 0 }
            }
            return false
        }
        // Few of many are wanted: the best so far, in order; most rows are worse than its last.
        var best: [[Cell]] = []
        for row in all {
            if best.count == limit, !puts(row, before: best[limit - 1]) { continue }
            var low = 0, high = best.count
            while low < high {
                let middle = (low + high) / 2
                if puts(row, before: best[middle]) { high = middle } else { low = middle + 1 }
            }
            if best.count == limit { best.removeLast() }
            best.insert(row, at: low)
        }
        return best
    }
}
