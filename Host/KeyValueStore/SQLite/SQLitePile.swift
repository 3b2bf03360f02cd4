import Foundation
import GRDB

/// A pile as a transaction sees it. Valid within the access to the database that it was made in.
struct SQLitePile: StatePile {
    let db: Database
    let id: Int
    let component: StateComponent
    let isExternal: Bool
    let partition: Int

    /// The piles of a plugin, or all, by rising id.
    static func all(_ db: Database, plugin: String?) throws -> [SQLitePile] {
        let columns = "id, plugin, component, incarnation, external, partition, fields, spread"
        let sql = "SELECT \(columns) FROM pile WHERE plugin = ?1 OR ?1 IS NULL ORDER BY id"
        return try Row.fetchAll(db, sql: sql, arguments: [plugin]).map { row in
            let fields = try JSONDecoder().decode([String].self, from: Data((row["fields"] as String).utf8))
            let component = StateComponent(
                plugin: row["plugin"], name: row["component"], incarnation: row["incarnation"], fields: fields,
                spread: row["spread"])
            return SQLitePile(
                db: db, id: row["id"], component: component, isExternal: row["external"], partition: row["partition"])
        }
    }

    /// Makes an empty pile.
    static func insert(
        _ db: Database, _ component: StateComponent, isExternal: Bool, partition: Int
    ) throws -> SQLitePile {
        let fields = String(decoding: try JSONEncoder().encode(component.fields), as: UTF8.self)
        try db.execute(
            sql: """
                INSERT INTO pile (plugin, component, incarnation, external, partition, fields, spread)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                component.plugin, component.name, component.incarnation, isExternal, partition, fields,
                component.spread,
            ])
        return SQLitePile(
            db: db, id: Int(db.lastInsertedRowID), component: component, isExternal: isExternal, partition: partition)
    }

    /// Adds a row: as committed (`hash` is nil), or of the sorted part.
    func append(_ row: UnsafeRawBufferPointer, hash: Int64? = nil) throws {
        let statement = try db.cachedStatement(sql: "INSERT INTO block (pile, hash, bytes) VALUES (?, ?, ?)")
        // SQLite copies the bytes while it binds them, and only reads them.
        let bytes = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: row.baseAddress!), count: row.count, deallocator: .none)
        try statement.execute(arguments: [id, hash, bytes])
    }

    func forEachRecent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let statement = try db.cachedStatement(
            sql: "SELECT bytes FROM block WHERE pile = ? AND hash IS NULL ORDER BY id")
        let rows = try Row.fetchCursor(statement, arguments: [id])
        while let row = try rows.next() {
            try row.withUnsafeData(atIndex: 0) { try $0?.withUnsafeBytes(body) }
        }
    }

    func forEachSorted(from hash: Int64, _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT hash, bytes FROM block WHERE pile = ?1 AND hash >= ifnull(
                    (SELECT max(hash) FROM block WHERE pile = ?1 AND hash <= ?2), ?2)
                ORDER BY hash
                """)
        let rows = try Row.fetchCursor(statement, arguments: [id, hash])
        while let row = try rows.next() {
            let first: Int64 = row[0]
            let goesOn = try row.withUnsafeData(atIndex: 1) { try $0?.withUnsafeBytes { try body(first, $0) } ?? true }
            if !goesOn { return }
        }
    }

    /// Makes one sorted part of all that is there and the block. Returns its size.
    func merge(with block: [UInt8], by sorter: inout StateSorter) throws -> PileSize {
        let rows = try merged(with: block, by: &sorter)
        try db.cachedStatement(sql: "DELETE FROM block WHERE pile = ?").execute(arguments: [id])
        for row in rows { try row.bytes.withUnsafeBytes { try append($0, hash: row.firstHash) } }
        return PileSize(merged: rows)
    }
}
