import PluginHost

/// A database that keeps tables. Called by one thread. Blocks.
protocol TableStore: AnyObject {
    /// Throws `away` if the database can't be reached now.
    func open() throws(WarehouseError)

    /// Makes the plugin's tables hold these rows, and no others, and notes the positions, in one transaction; unless they
    /// hold them already, by the origin and positions that are noted.
    ///
    /// - Throws: `WarehouseError`; nothing was changed then, unless it is `away`.
    func replace(_ rows: PendingTables, of plugin: String) throws(WarehouseError)

    /// Applies changes that follow what was noted at the positions `base`, and notes the new ones, in one transaction.
    ///
    /// - Throws: as `replace`; `lost` if other positions are noted.
    func apply(
        _ changes: PendingTables, of plugin: String, after base: [Int: TableChanges.Position]
    ) throws(WarehouseError)
}

/// What is noted in a database of the rows that it holds of a plugin.
struct TableStand {
    /// Nil: there are none.
    var origin: String?
    var positions: [Int: TableChanges.Position]

    /// Throws if another host has taken a partition over since.
    func checkEpochs(_ positions: [Int: TableChanges.Position], of plugin: String) throws(WarehouseError) {
        for (partition, present) in self.positions {
            guard let own = positions[partition], own.epoch < present.epoch else { continue }
            throw .fenced(plugin: plugin, partition: partition, epoch: own.epoch, present: present.epoch)
        }
    }

    /// Whether the rows stand where these do, whoever wrote them.
    func agrees(with positions: [Int: TableChanges.Position]) -> Bool {
        self.positions.mapValues(\.position) == positions.mapValues(\.position)
    }
}
