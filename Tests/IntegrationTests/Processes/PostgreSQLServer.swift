import Foundation
import Glibc

/// A PostgreSQL server of its own: a new cluster in a temporary folder, on 127.0.0.1 and on a socket in that folder.
/// Whoever can reach it is let in without a password. Gone with its owner.
///
/// It runs as the user `postgres` where the tests run as root, which PostgreSQL refuses.
final class PostgreSQLServer {
    /// The cluster's superuser, and the database that is there from the start.
    static let superuser = "postgres"

    static var isExpected: Bool { Installation.isRequired || programs != nil }

    private(set) var port: UInt16
    /// The folder of its socket, which libpq takes as a host.
    var socketFolder: String { folder.path }
    private let folder: TemporaryFolder
    private let settings: [String]
    private var process: ChildProcess?

    /// Makes the cluster and starts it. `settings` are those of postgresql.conf, such as `max_connections=20`.
    init(settings: [String] = []) throws {
        folder = try TemporaryFolder()
        self.settings = settings
        port = 0
        if let user = Self.user, chown(folder.path, user.id, user.group) != 0 {
            throw Failure("\(folder.path) can't be given to \(Self.superuser): \(String(cString: strerror(errno)))")
        }
        try run(
            Self.launcher,
            try Self.command("initdb") + [
                "--pgdata", data, "--username", Self.superuser, "--auth", "trust", "--encoding", "UTF8",
                "--locale", "C.UTF-8", "--no-sync",
            ])
        try start()
    }

    deinit { try? crash() }

    private var data: String { "\(folder.path)/data" }

    var isRunning: Bool { process?.isRunning ?? false }
    /// What it has written to its log since its last start.
    var complained: String { process?.complained ?? "" }

    /// Starts it on the data that it has, at the same port, and waits until it takes connections.
    func start() throws {
        guard !isRunning else { return }
        // Below the ports that the system gives to outgoing connections, one of which could get it during a stop.
        let ports = port > 0 ? [port] : (0..<20).map { _ in UInt16.random(in: 15_000...30_000) }
        for candidate in ports {
            port = candidate
            let server = try launch()
            if try isReady(server) { return }
            guard server.complained.contains("Address already in use") else { break }
        }
        throw Failure("PostgreSQL did not start: \(complained)")
    }

    /// Ends its clients' connections, writes a checkpoint and ends.
    func stop() throws { try end(by: SIGINT) }

    /// Ends at once, without a checkpoint; the next start recovers from its own log.
    func crash() throws { try end(by: SIGQUIT) }

    func restart() throws {
        try stop()
        try start()
    }

    /// What a statement gives, all values as text; nil is NULL. Of several statements, only the last may give rows.
    @discardableResult
    func rows(_ sql: String, database: String = superuser, user: String = superuser) throws -> [[String?]] {
        // Control characters, since they stand in no value.
        let null = "\u{1}"
        let printed = try run(
            "/usr/bin/psql",
            [
                "--host", socketFolder, "--port", "\(port)", "--username", user, "--dbname", database, "--no-psqlrc",
                "--quiet", "--no-align", "--tuples-only", "--field-separator", "\u{1f}", "--record-separator", "\u{1e}",
                "--pset", "null=\(null)", "--set", "ON_ERROR_STOP=1", "--command", sql,
            ])
        // No rows, nothing; else the last record ends with a line feed of psql's own.
        let scalars = printed.unicodeScalars
        guard scalars.last == "\n" else { return [] }
        return scalars.dropLast().split(separator: "\u{1e}", omittingEmptySubsequences: false).map { record in
            record.split(separator: "\u{1f}", omittingEmptySubsequences: false).map {
                let value = String($0)
                return value == null ? nil : value
            }
        }
    }

    /// The first value of the first row.
    func value(_ sql: String, database: String = superuser, user: String = superuser) throws -> String? {
        try rows(sql, database: database, user: user).first?.first ?? nil
    }

    private func launch() throws -> ChildProcess {
        var arguments = try Self.command("postgres") + ["-D", data, "-p", "\(port)", "-k", folder.path]
        // It is thrown away after the test, so it need not survive a failure of power.
        let usual = [
            "listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "shared_buffers=32MB",
            "max_connections=40", "timezone=UTC", "log_timezone=UTC",
        ]
        for setting in usual + settings { arguments += ["-c", setting] }
        let server = try ChildProcess(Self.launcher, arguments)
        process = server
        return server
    }

    /// False: it has ended.
    private func isReady(_ server: ChildProcess) throws -> Bool {
        let answered = try eventually(seconds: 60) {
            guard server.isRunning else { return true }
            let asked = try ChildProcess("pg_isready", ["--quiet", "--host", socketFolder, "--port", "\(port)"])
            return try asked.wait() == .code(0)
        }
        if !answered { throw Failure("PostgreSQL was not ready within a minute: \(server.complained)") }
        return server.isRunning
    }

    private func end(by signal: Int32) throws {
        guard let process, process.isRunning else { return }
        process.send(signal)
        try process.wait(seconds: 60)
    }

    /// The newest of Debian's versions.
    private static let programs: String? = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.compactMap { Int($0) }.sorted().last.map { "\(root)/\($0)/bin" }
    }()

    /// The numbers of the user that it runs as; nil: that of the tests.
    private static let user: (id: uid_t, group: gid_t)? =
        geteuid() == 0 ? getpwnam(superuser).map { ($0.pointee.pw_uid, $0.pointee.pw_gid) } : nil

    private static let launcher = "/usr/bin/env"

    private static func command(_ name: String) throws -> [String] {
        guard let programs else {
            throw Failure("there is no PostgreSQL server in /usr/lib/postgresql; scripts/setup --tests installs it")
        }
        guard geteuid() == 0 else { return ["\(programs)/\(name)"] }
        // It becomes the program, as runuser does not, so that its signals reach the server.
        return ["setpriv", "--reuid=\(superuser)", "--regid=\(superuser)", "--init-groups", "\(programs)/\(name)"]
    }
}
