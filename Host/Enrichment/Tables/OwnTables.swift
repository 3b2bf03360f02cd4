package import PluginHost
import Synchronization

/// The tables of this host's plugins that events are enriched from, as of the last checkpoints: what changes comes here as it goes
/// to the warehouse, and nobody is asked when a row is looked up. Any thread.
package final class OwnTables: TableSink {
    private let limits: [TableID: Int]
    private let tables = Mutex<[TableID: OwnTable]>([:])
    private let report: @Sendable (String) -> Void

    /// Nil: the settings name no table.
    /// - Parameter report: takes sentences for the operator, on any thread.
    package init?(_ configuration: EnrichmentConfiguration, report: @escaping @Sendable (String) -> Void) {
        limits = configuration.tables
        self.report = report
        if limits.isEmpty { return nil }
    }

    package var ids: Set<TableID> { Set(limits.keys) }
    package var plugins: Set<String>? { Set(limits.keys.map(\.plugin)) }

    package func take(_ changes: TableChanges) {
        for table in changes.tables {
            guard let limit = limits[table.id] else { continue }
            // All rows at once are made ready before they are shown, so that nobody waits for it.
            let isFull: Bool
            if changes.isWhole {
                var whole = OwnTable(table.columns, limit: limit)
                whole.take(table.rows, gone: [])
                isFull = whole.isFull
                tables.withLock { [whole] in $0[table.id] = whole }
            } else {
                isFull = tables.withLock { tables in
                    let wasFull = tables[table.id]?.isFull ?? true
                    tables[table.id]?.take(table.rows, gone: table.gone)
                    return !wasFull && tables[table.id]?.isFull == true
                }
            }
            if isFull {
                report(
                    "enrichment: \(table.id) has rows of more than \(limit) keys (rows of its source); the others are not "
                        + "looked up")
            }
        }
    }

    package func onLoss(_ again: @escaping @Sendable (_ plugin: String) -> Void) {}

    /// The row of a key, and its table's columns.
    ///
    /// Throws while the table's rows are not known yet.
    func row(of table: TableID, _ parts: [String]) throws(LookupFailure) -> (row: OwnTable.Row?, columns: [TableColumn])
    {
        let found = tables.withLock { tables in tables[table].map { ($0[parts], $0.columns) } }
        guard let found else { throw .refused("the rows of \(table) are not read yet") }
        return found
    }
}
