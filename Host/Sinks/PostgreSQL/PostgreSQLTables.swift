import PluginHost
import PostgreSQL
import Records
import Settings

/// The tables of plugins in PostgreSQL: a schema for each plugin, named as the plugin with `_` for `-`; what is noted of
/// them is in the schema `lectern`.
final class PostgreSQLTables: TableStore {
    private typealias Connection = PostgreSQLConnection<WarehouseError>

    /// Up to so many rows are written one by one, in a pipeline; more by COPY into a temporary table and one upsert.
    private static let pipelineLimit = 100
    private static let oldestVersion = 150_000

    private let configuration: PostgreSQLConfiguration
    /// The role that may read all tables; empty: none.
    private let readerRole: String
    private let report: @Sendable (String) -> Void
    private var connection: Connection?
    /// Temporary tables of the connection, by the tables whose rows pass through them.
    private var staged: Set<String> = []
    /// Whether the reader is a role.
    private var hasReader = false

    init(_ configuration: PostgreSQLConfiguration, reader: String, report: @escaping @Sendable (String) -> Void) {
        self.configuration = configuration
        readerRole = reader
        self.report = report
    }

    func open() throws(WarehouseError) { _ = try connected() }

    func replace(_ rows: PendingTables, of plugin: String) throws(WarehouseError) {
        try inTransaction { (connection) throws(WarehouseError) in
            let stand = try stand(of: plugin, connection)
            try stand.checkEpochs(rows.positions, of: plugin)
            if stand.origin != rows.origin || !stand.agrees(with: rows.positions) {
                try makeSchema(of: plugin, rows.tables.mapValues(\.columns), connection)
                for (id, table) in rows.tables {
                    let target = Self.table(id, of: plugin, table.columns)
                    try connection.run("DELETE FROM \(target.name)", to: "empty \(target.name)")
                    try copy(table.rows.values.lazy.compactMap { $0 }, into: target.name, target, connection)
                }
            }
            try note(rows, of: plugin, connection)
        }
    }

    func apply(
        _ changes: PendingTables, of plugin: String, after base: [Int: TableChanges.Position]
    ) throws(WarehouseError) {
        try inTransaction { (connection) throws(WarehouseError) in
            let stand = try stand(of: plugin, connection)
            try stand.checkEpochs(changes.positions, of: plugin)
            guard stand.origin == changes.origin, stand.agrees(with: base) else { throw .lost(plugin: plugin) }
            var single: [(sql: String, parameters: [String?])] = []
            for (id, table) in changes.tables {
                let target = Self.table(id, of: plugin, table.columns)
                var kept: [[Cell]] = []
                for (key, row) in table.rows {
                    if let row { kept.append(row) } else { single.append(Self.deletion(of: key, from: target)) }
                }
                if kept.count > Self.pipelineLimit {
                    try upsert(kept, into: target, connection)
                } else {
                    single += kept.map { Self.insertion(of: $0, into: target) }
                }
            }
            if !single.isEmpty { try connection.runAll(single, to: "write rows of \(plugin)") }
            try note(changes, of: plugin, connection)
        }
    }

    /// Removes all rows of all plugins, and their bytes from the tables' files.
    func removeAll() throws(WarehouseError) {
        try inTransaction { (connection) throws(WarehouseError) in
            let tables = try connection.run(
                """
                SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
                WHERE schemaname IN (SELECT schema FROM lectern.plugin)
                """, to: "list the tables"
            ).compactMap { $0[0] }
            // Not DELETE, which leaves the rows in the files.
            for table in tables { try connection.run("TRUNCATE \(table)", to: "empty \(table)") }
            try connection.run("UPDATE lectern.plugin SET origin = ''", to: "note that the tables are empty")
        }
    }

    // MARK: Connection

    private func connected() throws(WarehouseError) -> Connection {
        if let connection { return connection }
        let made = try Connection(configuration)
        guard made.version >= Self.oldestVersion else {
            throw .refused(
                action: "hold tables", reason: "it is version \(made.version / 10_000), and 15 or later is needed")
        }
        try prepare(made)
        staged = []
        connection = made
        return made
    }

    private func prepare(_ connection: Connection) throws(WarehouseError) {
        let isThere = try connection.run(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'lectern' AND table_name = 'position'",
            to: "look for the schema lectern")
        if isThere.isEmpty {
            try connection.run(Self.schema, to: "make the schema lectern in the database \(connection.database)")
        }
        try prepareReader(connection)
    }

    private static let schema = """
        CREATE SCHEMA IF NOT EXISTS lectern;
        CREATE TABLE IF NOT EXISTS lectern.plugin (
            plugin text PRIMARY KEY, origin text NOT NULL, schema text NOT NULL, written timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS lectern.position (
            plugin text NOT NULL, partition integer NOT NULL, epoch bigint NOT NULL, position bigint NOT NULL,
            PRIMARY KEY (plugin, partition));
        """

    private func prepareReader(_ connection: Connection) throws(WarehouseError) {
        hasReader = false
        guard !readerRole.isEmpty else { return }
        let reader = SQLTable.quoted(readerRole)
        let isThere = try connection.run(
            "SELECT 1 FROM pg_roles WHERE rolname = $1", [readerRole], to: "look for the role \(reader)")
        if isThere.isEmpty {
            do throws(WarehouseError) {
                try connection.run("CREATE ROLE \(reader) NOLOGIN", to: "make the role \(reader)")
            } catch .refused(_, let reason) {
                report(
                    "the role \(readerRole), which may read the tables, is not there and can't be made: \(reason). "
                        + "Run as a superuser: CREATE ROLE \(reader) LOGIN PASSWORD '…'; or set "
                        + "warehouse.postgresql.reader to another one, or to \"\"")
                return
            }
        }
        hasReader = true
        try connection.run(
            "GRANT USAGE ON SCHEMA lectern TO \(reader); GRANT SELECT ON ALL TABLES IN SCHEMA lectern TO \(reader)",
            to: "let the role \(reader) read the schema lectern")
    }

    private func inTransaction(
        _ body: (Connection) throws(WarehouseError) -> Void
    ) throws(WarehouseError) {
        let connection = try connected()
        do throws(WarehouseError) {
            try connection.run("BEGIN", to: "begin")
            try body(connection)
            try connection.run("COMMIT", to: "commit")
        } catch {
            // A connection that is lost is not worth a word to the server; another one rolls back.
            if case .away = error {
                self.connection = nil
            } else {
                do { try connection.run("ROLLBACK", to: "roll back") } catch { self.connection = nil }
                // Temporary tables that were made in the transaction are gone.
                staged = []
            }
            throw error
        }
    }

    // MARK: What is noted

    /// Also keeps others from writing the plugin's tables until the transaction ends.
    private func stand(of plugin: String, _ connection: Connection) throws(WarehouseError) -> TableStand {
        let action = "read where the tables of \(plugin) stand"
        let origin = try connection.run(
            "SELECT origin FROM lectern.plugin WHERE plugin = $1 FOR UPDATE", [plugin], to: action)
        if origin.isEmpty {
            // The first one: whoever comes at the same time waits here.
            try connection.run(
                """
                INSERT INTO lectern.plugin (plugin, origin, schema, written) VALUES ($1, '', $2, now())
                ON CONFLICT (plugin) DO UPDATE SET plugin = excluded.plugin
                """, [plugin, Self.schema(of: plugin)], to: action)
        }
        let rows = try connection.run(
            "SELECT partition, epoch, position FROM lectern.position WHERE plugin = $1", [plugin], to: action)
        var positions: [Int: TableChanges.Position] = [:]
        for row in rows {
            guard let partition = row[0].flatMap({ Int($0) }), let epoch = row[1].flatMap({ Int64($0) }),
                let position = row[2].flatMap({ Int64($0) })
            else { continue }
            positions[partition] = TableChanges.Position(
                epoch: UInt64(bitPattern: epoch), position: UInt64(bitPattern: position))
        }
        return TableStand(origin: origin.first?[0], positions: positions)
    }

    private func note(
        _ rows: PendingTables, of plugin: String, _ connection: Connection
    ) throws(WarehouseError) {
        var statements: [(sql: String, parameters: [String?])] = [
            ("UPDATE lectern.plugin SET origin = $2, written = now() WHERE plugin = $1", [plugin, rows.origin])
        ]
        if rows.isWhole { statements.append(("DELETE FROM lectern.position WHERE plugin = $1", [plugin])) }
        for (partition, position) in rows.positions {
            statements.append(
                (
                    """
                    INSERT INTO lectern.position VALUES ($1, $2, $3, $4) ON CONFLICT (plugin, partition)
                    DO UPDATE SET epoch = excluded.epoch, position = excluded.position
                    """,
                    [
                        plugin, String(partition), String(Int64(bitPattern: position.epoch)),
                        String(Int64(bitPattern: position.position)),
                    ]
                ))
        }
        try connection.runAll(statements, to: "note where the tables of \(plugin) stand")
    }

    // MARK: Rows

    private func copy(
        _ rows: some Sequence<[Cell]>, into name: String, _ table: SQLTable, _ connection: Connection
    ) throws(WarehouseError) {
        try connection.copy(
            "COPY \(name) (\(SQLTable.list(table.columns))) FROM STDIN", to: "copy rows into \(table.name)"
        ) { (send) throws(WarehouseError) in
            var bytes = Bytes()
            for row in rows {
                CopyText.append(row, to: &bytes)
                guard bytes.count >= 64 << 10 else { continue }
                try send(bytes.contents)
                bytes.truncate()
            }
            if bytes.count > 0 { try send(bytes.contents) }
        }
    }

    private func upsert(
        _ rows: [[Cell]], into table: SQLTable, _ connection: Connection
    ) throws(WarehouseError) {
        let stage = "pg_temp." + SQLTable.quoted(table.name)
        if !staged.contains(table.name) {
            try connection.run(
                "CREATE TEMPORARY TABLE \(SQLTable.quoted(table.name)) (LIKE \(table.name)) ON COMMIT DELETE ROWS",
                to: "make a temporary table for \(table.name)")
            staged.insert(table.name)
        }
        try copy(rows, into: stage, table, connection)
        let columns = SQLTable.list(table.columns)
        try connection.run(
            "INSERT INTO \(table.name) (\(columns)) SELECT \(columns) FROM \(stage) \(table.replacing)",
            to: "write rows into \(table.name)")
    }

    private static func insertion(of row: [Cell], into table: SQLTable) -> (sql: String, parameters: [String?]) {
        let places = (1...row.count).map { "$\($0)" }.joined(separator: ", ")
        return (
            "INSERT INTO \(table.name) (\(SQLTable.list(table.columns))) VALUES (\(places)) \(table.replacing)",
            row.map(CopyText.parameter)
        )
    }

    private static func deletion(of key: [Cell], from table: SQLTable) -> (sql: String, parameters: [String?]) {
        var conditions: [String] = []
        var parameters: [String?] = []
        for (column, cell) in zip(table.keys, key) {
            // Only so is the index of any use.
            if let text = CopyText.parameter(cell) {
                parameters.append(text)
                conditions.append("\(SQLTable.quoted(column.name)) = $\(parameters.count)")
            } else {
                conditions.append("\(SQLTable.quoted(column.name)) IS NULL")
            }
        }
        return ("DELETE FROM \(table.name) WHERE \(conditions.joined(separator: " AND "))", parameters)
    }
}

// MARK: The schema

extension PostgreSQLTables {
    private static func schema(of plugin: String) -> String { plugin.replacing("-", with: "_") }

    private static func table(_ id: String, of plugin: String, _ columns: [TableColumn]) -> SQLTable {
        SQLTable(name: "\(SQLTable.quoted(schema(of: plugin))).\(SQLTable.quoted(id))", columns: columns)
    }

    /// Makes the schema hold these tables, with these columns, and no others.
    private func makeSchema(
        of plugin: String, _ tables: [String: [TableColumn]], _ connection: Connection
    ) throws(WarehouseError) {
        let schema = SQLTable.quoted(Self.schema(of: plugin))
        try connection.run("CREATE SCHEMA IF NOT EXISTS \(schema)", to: "make the schema \(schema)")
        let found = try connection.run(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, NULL), EXISTS (
                SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'u' AND a.attnum = ANY (k.conkey))
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' ORDER BY a.attnum
            """, [schema], to: "read the tables of \(schema)")
        var known: [String: [SQLColumn]] = [:]
        for row in found {
            known[row[0] ?? "", default: []].append(
                SQLColumn(name: row[1] ?? "", type: row[2] ?? "", isKey: row[3] == "t"))
        }
        staged = []
        for id in known.keys where tables[id] == nil {
            try connection.run("DROP TABLE \(schema).\(SQLTable.quoted(id))", to: "remove the table \(schema).\(id)")
        }
        for (id, columns) in tables {
            try make(Self.table(id, of: plugin, columns), known[id], connection)
        }
        guard hasReader else { return }
        let reader = SQLTable.quoted(readerRole)
        try connection.run(
            "GRANT USAGE ON SCHEMA \(schema) TO \(reader); GRANT SELECT ON ALL TABLES IN SCHEMA \(schema) TO \(reader)",
            to: "let the role \(reader) read the schema \(schema)")
        try extendSearchPath(connection)
    }

    private func make(
        _ table: SQLTable, _ known: [SQLColumn]?, _ connection: Connection
    ) throws(WarehouseError) {
        let wanted = table.columns.map { SQLColumn(name: $0.name, type: $0.type.postgreSQL, isKey: $0.isKey) }
        if let known {
            let isSameKey = known.filter(\.isKey) == wanted.filter(\.isKey)
            let kept = known.filter { old in wanted.contains { $0.name == old.name } }
            if isSameKey, kept.allSatisfy(wanted.contains) {
                // Others may have made views of it, which go on.
                let changes =
                    known.filter { !wanted.contains($0) }.map { "DROP COLUMN \(SQLTable.quoted($0.name))" }
                    + wanted.filter { !known.contains($0) }.map { "ADD COLUMN \(SQLTable.quoted($0.name)) \($0.type)" }
                if changes.isEmpty { return }
                try connection.run(
                    "ALTER TABLE \(table.name) \(changes.joined(separator: ", "))", to: "change the table \(table.name)"
                )
                return
            }
            try connection.run("DROP TABLE \(table.name)", to: "make the table \(table.name) anew")
        }
        let columns = table.columns.map { column in
            // Texts are compared by their bytes, as the host does.
            SQLTable.quoted(column.name) + " " + column.type.postgreSQL + (column.type == .text ? " COLLATE \"C\"" : "")
        }
        let key = table.keys.isEmpty ? [] : ["UNIQUE NULLS NOT DISTINCT (\(SQLTable.list(table.keys)))"]
        try connection.run(
            "CREATE TABLE \(table.name) (\((columns + key).joined(separator: ", ")))",
            to: "make the table \(table.name)")
    }

    /// Lets sessions name all tables without their schemas.
    private func extendSearchPath(_ connection: Connection) throws(WarehouseError) {
        let schemas = try connection.run(
            "SELECT schema FROM lectern.plugin ORDER BY schema", to: "list the schemas"
        ).compactMap { $0[0] }
        let path = (["\"$user\"", "public"] + schemas.map(SQLTable.quoted)).joined(separator: ", ")
        let database = SQLTable.quoted(connection.database)
        // Only the database's owner may; others name the schemas.
        try connection.run("SAVEPOINT search_path", to: "set a savepoint")
        do throws(WarehouseError) {
            try connection.run(
                "ALTER DATABASE \(database) SET search_path = \(path)", to: "set the search path of \(database)")
        } catch .refused {
            try connection.run("ROLLBACK TO SAVEPOINT search_path", to: "go back to a savepoint")
        }
    }
}

/// A column as the database has it.
private struct SQLColumn: Equatable {
    let name: String
    let type: String
    let isKey: Bool
}

extension ColumnType {
    /// As `format_type` says it.
    fileprivate var postgreSQL: String {
        switch self {
        case .text: "text"
        case .integer: "bigint"
        case .number: "double precision"
        case .boolean: "boolean"
        case .time: "timestamp with time zone"
        }
    }
}
