import Foundation
import GRDB
import PluginHost

/// The tables of plugins in SQLite: a file for each plugin, `PLUGIN.sqlite`. What is noted of them is in its tables
/// `lectern_plugin` and `lectern_position`.
final class SQLiteTables: TableStore {
    private let folder: String
    private var databases: [String: DatabasePool] = [:]

    init(_ folder: String) { self.folder = folder }

    func open() throws(WarehouseError) {}

    func replace(_ rows: PendingTables, of plugin: String) throws(WarehouseError) {
        try write(plugin) { db in
            let stand = try Self.stand(db)
            try stand.checkEpochs(rows.positions, of: plugin)
            if stand.origin != rows.origin || !stand.agrees(with: rows.positions) {
                let tables = rows.tables.map { SQLTable(name: SQLTable.quoted($0), columns: $1.columns) }
                try Self.makeTables(tables, db)
                for (id, table) in rows.tables {
                    let rows = table.rows.values.lazy.compactMap { $0 }
                    try Self.insert(rows, into: SQLTable(name: SQLTable.quoted(id), columns: table.columns), db)
                }
            }
            try Self.note(rows, db)
        }
    }

    func apply(
        _ changes: PendingTables, of plugin: String, after base: [Int: TableChanges.Position]
    ) throws(WarehouseError) {
        try write(plugin) { db in
            let stand = try Self.stand(db)
            try stand.checkEpochs(changes.positions, of: plugin)
            guard stand.origin == changes.origin, stand.agrees(with: base) else {
                throw WarehouseError.lost(plugin: plugin)
            }
            for (id, pending) in changes.tables {
                let table = SQLTable(name: SQLTable.quoted(id), columns: pending.columns)
                let conditions = table.keys.map { "\(SQLTable.quoted($0.name)) IS ?" }.joined(separator: " AND ")
                let deletion = try db.cachedStatement(sql: "DELETE FROM \(table.name) WHERE \(conditions)")
                // To SQLite two nulls in a key are not the same.
                for (key, row) in pending.rows where row == nil || key.contains(.null) {
                    try deletion.execute(arguments: StatementArguments(key.map(\.sqlite)))
                }
                try Self.insert(pending.rows.values.lazy.compactMap { $0 }, into: table, db)
            }
            try Self.note(changes, db)
        }
    }

    // MARK: The database

    private func write(
        _ plugin: String, _ body: (Database) throws -> Void
    ) throws(WarehouseError) {
        do {
            try database(of: plugin).write(body)
        } catch let error as WarehouseError {
            throw error
        } catch {
            // It may have been removed while the host runs.
            databases[plugin] = nil
            throw .refused(action: "write rows into \(path(plugin))", reason: "\(error)")
        }
    }

    private func path(_ plugin: String) -> String { "\(folder)/\(plugin).sqlite" }

    private func database(of plugin: String) throws -> DatabasePool {
        if let known = databases[plugin] { return known }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // What is lost with the power is written again from the states.
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        let database = try DatabasePool(path: path(plugin), configuration: configuration)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS lectern_plugin (origin TEXT NOT NULL);
                    CREATE TABLE IF NOT EXISTS lectern_position (
                        partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, position INTEGER NOT NULL);
                    """)
        }
        databases[plugin] = database
        return database
    }

    // MARK: What is noted

    private static func stand(_ db: Database) throws -> TableStand {
        var positions: [Int: TableChanges.Position] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT partition, epoch, position FROM lectern_position") {
            positions[row[0]] = TableChanges.Position(
                epoch: UInt64(bitPattern: row[1]), position: UInt64(bitPattern: row[2]))
        }
        return TableStand(
            origin: try String.fetchOne(db, sql: "SELECT origin FROM lectern_plugin"), positions: positions)
    }

    private static func note(_ rows: PendingTables, _ db: Database) throws {
        if rows.isWhole {
            try db.execute(sql: "DELETE FROM lectern_position; DELETE FROM lectern_plugin")
            try db.execute(sql: "INSERT INTO lectern_plugin VALUES (?)", arguments: [rows.origin])
        }
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO lectern_position VALUES (?, ?, ?)")
        for (partition, position) in rows.positions {
            try statement.execute(arguments: [
                partition, Int64(bitPattern: position.epoch), Int64(bitPattern: position.position),
            ])
        }
    }

    // MARK: Tables and rows

    /// Empty tables, with these columns, and no others.
    private static func makeTables(_ tables: [SQLTable], _ db: Database) throws {
        let found = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_schema WHERE type = 'table'
                AND name NOT IN ('lectern_plugin', 'lectern_position') AND name NOT LIKE 'sqlite_%'
                """)
        for name in found { try db.execute(sql: "DROP TABLE \(SQLTable.quoted(name))") }
        for table in tables {
            let columns = table.columns.map { "\(SQLTable.quoted($0.name)) \($0.type.sqlite)" }
            let key = table.keys.isEmpty ? [] : ["PRIMARY KEY (\(SQLTable.list(table.keys)))"]
            try db.execute(sql: "CREATE TABLE \(table.name) (\((columns + key).joined(separator: ", ")))")
        }
    }

    private static func insert(_ rows: some Sequence<[Cell]>, into table: SQLTable, _ db: Database) throws {
        let places = Array(repeating: "?", count: table.columns.count).joined(separator: ", ")
        let statement = try db.cachedStatement(
            sql: "INSERT INTO \(table.name) (\(SQLTable.list(table.columns))) VALUES (\(places)) \(table.replacing)")
        for row in rows { try statement.execute(arguments: StatementArguments(row.map(\.sqlite))) }
    }
}

extension Cell {
    fileprivate var sqlite: (any DatabaseValueConvertible)? {
        switch self {
        case .null: nil
        case .text(let text): text
        case .integer(let value): value
        case .number(let value): value
        case .boolean(let value): value
        case .time(let value): SQLTime.text(value)
        }
    }
}

extension ColumnType {
    fileprivate var sqlite: String {
        switch self {
        case .text, .time: "TEXT"
        case .integer: "INTEGER"
        case .number: "REAL"
        case .boolean: "BOOLEAN"
        }
    }
}
