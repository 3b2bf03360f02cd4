/// Names a table of a plugin.
package struct TableID: Hashable, Sendable, CustomStringConvertible {
    package let plugin: String
    package let table: String

    package init(plugin: String, table: String) {
        self.plugin = plugin
        self.table = table
    }

    package var description: String { "\(plugin)/\(table)" }
}

/// What the cells of a column hold; `null` is possible in each.
package enum ColumnType: String, Sendable, Hashable {
    case text, integer, number, boolean
    /// Microseconds since 1970 UTC.
    case time
}

package struct TableColumn: Sendable, Hashable, Codable {
    package let name: String
    /// For people.
    package let title: String
    package let type: ColumnType
    /// Part of the row's key: no two rows of a table agree in all key columns.
    package let isKey: Bool

    package init(name: String, title: String, type: ColumnType, isKey: Bool = false) {
        self.name = name
        self.title = title
        self.type = type
        self.isKey = isKey
    }
}

package enum Cell: Sendable, Hashable {
    case null
    case text(String)
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    /// Microseconds since 1970 UTC.
    case time(Int64)
}

/// All rows of a table as of one checkpoint.
package struct TableSnapshot: Sendable {
    package let id: TableID
    package let title: String
    package let columns: [TableColumn]
    /// A cell per column, in the columns' order; sorted by the key columns.
    package let rows: [[Cell]]
    /// Grows whenever a row changes; two snapshots of one version are equal.
    package let version: UInt64

    package init(id: TableID, title: String, columns: [TableColumn], rows: [[Cell]], version: UInt64) {
        self.id = id
        self.title = title
        self.columns = columns
        self.rows = rows
        self.version = version
    }
}

/// Reads the tables that plugins make of their states, as of the last checkpoint. All members: any thread, any time.
package protocol TableReading: Sendable {
    /// The table's rows, or nil if there is no such table. Cheap to call when nothing has changed; the first call of a
    /// minute may have to read the plugin's states from the store.
    func snapshot(of table: TableID) async -> TableSnapshot?
    /// The tables that have changed, after each checkpoint, of plugins whose tables were asked for within the last minute. A
    /// reader that is slow gets the union of what it missed.
    func changes() -> AsyncStream<Set<TableID>>
    /// Changes when the host restarts, so that nobody compares versions of two lives.
    var epoch: UInt64 { get }
}
