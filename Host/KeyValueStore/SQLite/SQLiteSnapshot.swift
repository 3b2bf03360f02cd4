import Foundation
import GRDB

/// The store as one transaction sees it.
struct SQLiteSnapshot: StoreSnapshot {
    let db: Database

    func value(_ key: String) throws -> String? {
        let statement = try db.cachedStatement(sql: "SELECT json FROM value WHERE key = ?")
        return try Data.fetchOne(statement, arguments: [Data(key.utf8)]).map { String(decoding: $0, as: UTF8.self) }
    }

    func values(prefix: String, after: String?, limit: Int) throws -> [StoreEntry] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT key, json FROM value
                WHERE key >= ?1 AND (?2 IS NULL OR key < ?2) AND (?3 IS NULL OR key > ?3)
                ORDER BY key LIMIT ?4
                """)
        // The first key behind all those with the prefix; 0xff is no byte of a text.
        var end = prefix.isEmpty ? nil : Data(prefix.utf8)
        if let last = end?.popLast() { end?.append(last + 1) }
        let after = after.map { Data($0.utf8) }
        let rows = try Row.fetchCursor(statement, arguments: [Data(prefix.utf8), end, after, limit])
        var entries: [StoreEntry] = []
        while let row = try rows.next() {
            let (key, json): (Data, Data) = (row[0], row[1])
            entries.append(
                StoreEntry(key: String(decoding: key, as: UTF8.self), value: String(decoding: json, as: UTF8.self)))
        }
        return entries
    }

    func piles(plugin: String?) throws -> [SQLitePile] { try SQLitePile.all(db, plugin: plugin) }

    func set(_ entry: StoreEntry) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO value (key, json) VALUES (?, ?)")
        try statement.execute(arguments: [Data(entry.key.utf8), Data(entry.value.utf8)])
    }

    /// Returns whether there was a value.
    func delete(_ key: String) throws -> Bool {
        try db.cachedStatement(sql: "DELETE FROM value WHERE key = ?").execute(arguments: [Data(key.utf8)])
        return db.changesCount > 0
    }
}
