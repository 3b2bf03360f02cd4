package import PostgreSQL
package import Settings

/// The section `warehouse`: where the tables of plugins are kept for others to read.
///
///     warehouse:
///       type: postgresql
///       postgresql:
///         host: localhost
///         database: lectern
///         user: lectern
///         password: {env: LECTERN_POSTGRESQL_PASSWORD}
package struct WarehouseConfiguration: Sendable {
    package enum Kind: String, CaseIterable, Sendable { case none, sqlite, postgresql }

    /// `type`: `none`, `sqlite` (a file a plugin) or `postgresql` (a schema a plugin).
    package var kind = Kind.none
    /// `directory`: the folder of SQLite's files; made if it is missing.
    package var directory: String
    /// `interval`: from one checkpoint to the next, at most, while a warehouse is written: rows are as old as that.
    package var interval = Duration.milliseconds(500)
    /// `limit`: changed rows of a plugin that wait for the database, at most. Past it they are dropped, and when the
    /// database is back, the tables are written once more from the plugin's states.
    package var limit = 200_000
    /// `retry`: the longest pause between attempts while the database is away.
    package var retry = Duration.seconds(5)
    /// `postgresql`: a server of version 15 or later.
    package var postgresql = PostgreSQLConfiguration()
    /// `postgresql.reader`: the role that may read all tables; it is made if the host's own role may do that. Empty: none.
    package var reader = "lectern_reader"

    package init(directory: String) { self.directory = directory }

    /// Reads the section. Mistakes are noted in the reader.
    /// - Parameter directory: the folder if the section names none.
    package init(_ reader: SettingsReader, directory: String) {
        kind = reader.choice("type", default: kind)
        self.directory = reader.string("directory", default: directory)
        interval = reader.duration("interval", default: interval, in: .milliseconds(10) ... .seconds(3600))
        limit = reader.integer("limit", default: limit, in: 1...100_000_000)
        retry = reader.duration("retry", default: retry, in: .milliseconds(100) ... .seconds(3600))
        let section = reader.section("postgresql")
        postgresql = PostgreSQLConfiguration(section, timeout: .seconds(30), in: .seconds(1) ... .seconds(3600))
        self.reader = section.string("reader", default: self.reader)
        section.finish()
        reader.finish()
    }
}
