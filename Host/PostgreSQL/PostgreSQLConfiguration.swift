package import Settings

/// How PostgreSQL is reached. What is not set is what libpq takes from its own variables (`PGHOST`, `PGSSLROOTCERT` and so on),
/// its service and its password files.
package struct PostgreSQLConfiguration: Sendable, Equatable {
    /// `host`: a name, an address, or the folder of a Unix socket.
    package var host: String?
    package var port: Int?
    package var database: String?
    package var user: String?
    /// `password`: `{env: NAME}` or `{file: PATH}`.
    package var password: Secret?
    /// `tls`: as libpq's `sslmode`: disable, allow, prefer, require, verify-ca or verify-full.
    package var tls: TLS?
    /// `timeout`: how long connecting, or one statement, may take.
    package var timeout: Duration

    package enum TLS: String, CaseIterable, Sendable {
        case disable, allow, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    package init(timeout: Duration = .seconds(30)) { self.timeout = timeout }

    /// Reads these keys of a section, which may have others.
    package init(_ section: SettingsReader, timeout: Duration, in limits: ClosedRange<Duration>) {
        host = section.string("host", default: nil as String?)
        if section.has("port") { port = section.integer("port", in: 1...65_535) }
        database = section.string("database", default: nil as String?)
        user = section.string("user", default: nil as String?)
        password = section.secret("password")
        if section.has("tls") { tls = section.choice("tls", of: TLS.self) }
        self.timeout = section.duration("timeout", default: timeout, in: limits)
    }

    /// libpq's keywords and their values.
    var parameters: [(keyword: String, value: String)] {
        var parameters = [
            ("application_name", "lectern"), ("client_encoding", "UTF8"), ("fallback_application_name", "lectern"),
        ]
        if let host { parameters.append(("host", host)) }
        if let port { parameters.append(("port", String(port))) }
        if let database { parameters.append(("dbname", database)) }
        if let user { parameters.append(("user", user)) }
        if let password { parameters.append(("password", password.value)) }
        if let tls { parameters.append(("sslmode", tls.rawValue)) }
        return parameters
    }
}
