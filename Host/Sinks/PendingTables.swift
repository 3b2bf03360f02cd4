import PluginHost

/// Rows of a plugin that wait for the database: of each row, what it is now.
struct PendingTables {
    struct Table {
        let columns: [TableColumn]
        /// By the cells of the key columns; nil: the row is gone.
        private(set) var rows: [[Cell]: [Cell]?] = [:]
        private let keys: [Int]

        init(_ columns: [TableColumn]) {
            self.columns = columns
            keys = columns.indices.filter { columns[$0].isKey }
        }

        mutating func add(_ change: TableChanges.Table) {
            for key in change.gone { rows[key] = .some(nil) }
            for row in change.rows { rows[keys.map { row[$0] }] = row }
        }

        /// Takes what is newer.
        mutating func add(_ newer: Table) { rows.merge(newer.rows) { $1 } }
    }

    let origin: String
    let isWhole: Bool
    private(set) var positions: [Int: TableChanges.Position]
    /// By their ids.
    private(set) var tables: [String: Table] = [:]

    init(_ changes: TableChanges) {
        origin = changes.origin
        isWhole = changes.isWhole
        positions = changes.positions
        add(changes.tables)
    }

    var count: Int { tables.values.reduce(0) { $0 + $1.rows.count } }

    /// Takes changes that follow. Of another origin there are none: all rows come first then.
    mutating func add(_ changes: TableChanges) {
        positions.merge(changes.positions) { $1 }
        add(changes.tables)
    }

    private mutating func add(_ changes: [TableChanges.Table]) {
        for change in changes { tables[change.id.table, default: Table(change.columns)].add(change) }
    }

    /// This, followed by what has come since.
    func followed(by newer: PendingTables?) -> PendingTables {
        guard let newer else { return self }
        if newer.isWhole { return newer }
        var both = self
        both.positions.merge(newer.positions) { $1 }
        for (id, table) in newer.tables { both.tables[id, default: Table(table.columns)].add(table) }
        return both
    }
}
