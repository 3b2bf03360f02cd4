import GRDB

/// What the database holds, and the settings of a connection.
enum SQLiteSchema {
    /// Raised when a version of the program could misread what another wrote.
    static let format = 2

    /// The size of a page: large enough that a row of states takes few of them, small enough that a second with few
    /// changes writes little. Committing states costs 0.34 us of CPU each with pages of 4 KiB, 0.22 with 16 and 0.16
    /// with 32.
    private static let pageSize = 32 << 10

    /// The write-ahead log goes into the database when it has so many pages, 8 MiB; and this much of it is left in
    /// place.
    private static let journalPages = 256
    private static let journalLimit = 64 << 20

    static func prepareConnection(_ db: Database) throws {
        try db.execute(sql: "PRAGMA page_size = \(pageSize)")
        // Debian's SQLite would write zeros over every page that a merge frees: several times the states.
        try db.execute(sql: "PRAGMA secure_delete = FAST")
        try db.execute(sql: "PRAGMA wal_autocheckpoint = \(journalPages)")
        try db.execute(sql: "PRAGMA journal_size_limit = \(journalLimit)")
    }

    /// Makes the tables of a new database. Throws `unknownFormat` if there are others.
    static func prepareDatabase(_ db: Database, path: String) throws {
        let format = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if format == 0 && !db.configuration.readonly {
            try db.execute(sql: tables + epochs)
            try db.execute(sql: "PRAGMA user_version = \(Self.format)")
        } else if format == 1 {
            // Nobody has drawn an epoch from it; who only looks needs none.
            if db.configuration.readonly { return }
            try db.execute(sql: epochs)
            try db.execute(sql: "PRAGMA user_version = \(Self.format)")
        } else if format != Self.format {
            throw StoreError.unknownFormat(path: path, found: String(format), expected: String(Self.format))
        }
    }

    // Keys are blobs: a text may hold a zero, and would be compared by SQLite's rules.
    private static let tables = """
        CREATE TABLE value (
            key BLOB PRIMARY KEY,
            json BLOB NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE checkpoint (
            id INTEGER PRIMARY KEY,
            plugin TEXT NOT NULL,
            partition INTEGER NOT NULL,
            log BLOB NOT NULL,
            position INTEGER NOT NULL,  -- a UInt64's bits, as the epoch
            epoch INTEGER NOT NULL,
            summary BLOB NOT NULL,
            UNIQUE (plugin, partition)
        );

        -- Marks in the order of id; a row holds several, each a length (32 bits, little-endian) and its bytes.
        CREATE TABLE mark (
            id INTEGER PRIMARY KEY,
            checkpoint INTEGER NOT NULL REFERENCES checkpoint,
            bytes BLOB NOT NULL
        );
        CREATE INDEX mark_of ON mark (checkpoint);

        CREATE TABLE pile (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            plugin TEXT NOT NULL,
            component TEXT NOT NULL,
            incarnation INTEGER NOT NULL,
            external INTEGER NOT NULL,
            partition INTEGER NOT NULL,
            fields TEXT NOT NULL,       -- a JSON array of names
            spread INTEGER NOT NULL,
            UNIQUE (plugin, component, incarnation, external, partition)
        );

        -- Rows of states. `hash` is null in a row as it was committed, of which the newest has the largest id; in a row
        -- of the sorted part it is the hash of the first state's key.
        CREATE TABLE block (
            id INTEGER PRIMARY KEY,
            pile INTEGER NOT NULL REFERENCES pile,
            hash INTEGER,
            bytes BLOB NOT NULL
        );
        CREATE INDEX block_of ON block (pile, hash);

        """

    /// The epochs that were drawn last.
    private static let epochs = """
        CREATE TABLE epoch (
            log BLOB NOT NULL,
            partition INTEGER NOT NULL,
            epoch INTEGER NOT NULL,     -- a UInt64's bits
            PRIMARY KEY (log, partition)
        ) WITHOUT ROWID;
        """
}
