import KeyValueStore
import PluginHost

/// What is shown of one plugin, as of the last checkpoints that it was given: by its code in this process or in a worker.
/// Not thread-safe. Throws when the worker is gone: then what was shown last stays.
protocol PluginViewing: AnyObject {
    /// Takes the states that a checkpoint holds, unless a later one was taken already.
    ///
    /// - Parameter newestFirst: the blocks are all that a store holds of the partition, with several versions of a state, of which
    ///   the first counts.
    func apply(_ blocks: [StateBlock], partition: Int, position: UInt64, newestFirst: Bool) throws
    /// Makes the rows that have become stale. Returns the tables that changed; with `all`, every table.
    func makeTables(all: Bool) throws -> [TableSnapshot]
    /// Makes the rows that have become stale. Returns what has changed since the last call; at the first one, or with `all`,
    /// every row of every table.
    func takeChanges(all: Bool) throws -> [TableChanges.Table]
    /// As `StateReading.states`.
    func entries(of reducer: String, selection: KeySelection, after: String?, limit: Int) throws -> [StateEntry]?
}

extension PluginView: PluginViewing {
    func makeTables(all: Bool) -> [TableSnapshot] {
        makeRows()
        let changed = takeChangedTables()
        return tables.filter { all || changed.contains($0.id) }.map { $0.snapshot() }
    }

    func takeChanges(all: Bool) -> [TableChanges.Table] {
        makeRows()
        return tables.compactMap { $0.takeChanges(all: all) }
    }
}
