import Foundation
import GRDB

/// The piles and their sizes as the database holds them, so that a commit need not look them up. Used by the writer
/// alone.
struct SQLitePiles: Sendable {
    struct ID: Hashable, Sendable {
        let plugin: String
        let component: String
        let incarnation: Int
        let external: Bool
        let partition: Int
    }

    struct Entry: Sendable {
        let id: Int
        let component: StateComponent
        var size: PileSize
    }

    private(set) var entries: [ID: Entry] = [:]

    init(_ db: Database) throws {
        for pile in try SQLitePile.all(db, plugin: nil) {
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT ifnull(sum(length(bytes)), 0), count(*),
                        ifnull(sum(length(bytes)) FILTER (WHERE hash IS NOT NULL), 0)
                    FROM block WHERE pile = ?
                    """, arguments: [pile.id])!
            let size = PileSize(bytes: row[0], rows: row[1], sortedBytes: row[2])
            entries[Self.id(pile.component, pile.isExternal, pile.partition)] =
                Entry(id: pile.id, component: pile.component, size: size)
        }
    }

    /// Writes checkpoints. When it throws, the transaction must be rolled back and this value dropped.
    mutating func commit(_ checkpoints: [Checkpoint], to db: Database) throws {
        var sorter = StateSorter()
        for checkpoint in checkpoints { try commit(checkpoint, to: db, &sorter) }
    }

    private mutating func commit(_ checkpoint: Checkpoint, to db: Database, _ sorter: inout StateSorter) throws {
        try Self.writeHead(checkpoint, to: db)
        for block in checkpoint.blocks where block.count > 0 || !block.bytes.isEmpty {
            let component = StateComponent(plugin: checkpoint.plugin, block: block)
            let id = Self.id(component, block.external, checkpoint.partition)
            let pile: SQLitePile
            if let known = entries[id] {
                try known.component.checkSame(component)
                pile = SQLitePile(
                    db: db, id: known.id, component: component, isExternal: block.external,
                    partition: checkpoint.partition)
            } else {
                pile = try SQLitePile.insert(
                    db, component, isExternal: block.external, partition: checkpoint.partition)
            }
            let size = entries[id]?.size ?? PileSize()
            let rows = try block.rows(plugin: checkpoint.plugin)
            let newSize: PileSize
            if let grown = size.adding(bytes: block.bytes.count, rows: rows.count) {
                newSize = grown
                try block.bytes.withUnsafeBytes { raw in
                    for row in rows { try pile.append(UnsafeRawBufferPointer(rebasing: raw[row])) }
                }
            } else {
                newSize = try pile.merge(with: block.bytes, by: &sorter)
            }
            entries[id] = Entry(id: pile.id, component: component, size: newSize)
        }
    }

    private static func id(_ component: StateComponent, _ isExternal: Bool, _ partition: Int) -> ID {
        ID(
            plugin: component.plugin, component: component.name, incarnation: component.incarnation,
            external: isExternal, partition: partition)
    }

    private static func writeHead(_ checkpoint: Checkpoint, to db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO checkpoint (plugin, partition, log, position, epoch, summary) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (plugin, partition) DO UPDATE SET
                    log = excluded.log, position = excluded.position, epoch = excluded.epoch,
                    summary = excluded.summary
                RETURNING id
                """)
        let id = try Int64.fetchOne(
            statement,
            arguments: [
                checkpoint.plugin, checkpoint.partition, Data(checkpoint.log),
                Int64(bitPattern: checkpoint.position), Int64(bitPattern: checkpoint.epoch), Data(checkpoint.summary),
            ])!
        if checkpoint.replacesMarks {
            try db.cachedStatement(sql: "DELETE FROM mark WHERE checkpoint = ?").execute(arguments: [id])
        }
        if !checkpoint.marks.isEmpty { try SQLiteMarks.append(checkpoint.marks, checkpoint: id, to: db) }
    }
}
