/// What has changed in the tables of a plugin since what was told before, or all that they hold.
package struct TableChanges: Sendable {
    /// Up to where a partition's events are in the rows.
    package struct Position: Sendable, Equatable {
        /// Of the host that owns the partition: see `Checkpoint.epoch`.
        package let epoch: UInt64
        /// Records folded so far.
        package let position: UInt64

        package init(epoch: UInt64, position: UInt64) {
            self.epoch = epoch
            self.position = position
        }
    }

    /// One table's.
    package struct Table: Sendable {
        package let id: TableID
        /// Of the plugin, followed by those that the operator has added.
        package let columns: [TableColumn]
        /// New rows and those that have changed: a cell per column. No two agree in all key columns.
        package let rows: [[Cell]]
        /// Of the rows that are gone: the cells of the key columns.
        package let gone: [[Cell]]

        package init(id: TableID, columns: [TableColumn], rows: [[Cell]], gone: [[Cell]] = []) {
            self.id = id
            self.columns = columns
            self.rows = rows
            self.gone = gone
        }
    }

    package let plugin: String
    /// What the rows follow from beside the positions: the log, the build, its settings and the operator's columns. Rows
    /// of one origin at the same positions are the same.
    package let origin: String
    /// These are all rows that there are.
    package let isWhole: Bool
    /// By partition; those from which nothing was stored yet are left out.
    package let positions: [Int: Position]
    package let tables: [Table]

    package init(plugin: String, origin: String, isWhole: Bool, positions: [Int: Position], tables: [Table]) {
        self.plugin = plugin
        self.origin = origin
        self.isWhole = isWhole
        self.positions = positions
        self.tables = tables
    }
}

/// Takes the tables of plugins to somewhere else. All members: any thread; none blocks for long.
package protocol TableSink: Sendable {
    /// The plugins whose tables it takes; nil: all.
    var plugins: Set<String>? { get }

    /// Of a plugin all rows come first, and then what changes, in order.
    func take(_ changes: TableChanges)

    /// - Parameter again: to be called with a plugin whose changes the sink has lost: all its rows are to come once more.
    func onLoss(_ again: @escaping @Sendable (_ plugin: String) -> Void)
}

extension TableSink {
    package var plugins: Set<String>? { nil }
}
