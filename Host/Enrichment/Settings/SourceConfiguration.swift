package import PluginHost
package import PostgreSQL
package import Settings

/// Where answers come from.
package struct SourceConfiguration: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case postgresql(PostgreSQLConfiguration)
        case http(HTTP)
        case file(File)
        case table(Table)
    }

    /// A web service that answers with a JSON object, or with 404 where it knows nothing.
    package struct HTTP: Sendable, Equatable {
        /// `url`: what the paths of enrichers follow.
        package var url: String
        /// `headers`: of each request; values are secrets.
        package var headers: [(name: String, value: Secret)] = []
        /// `timeout`: how long an answer may take.
        package var timeout = Duration.seconds(1)
        /// `bytes`: the largest answer.
        package var bytes = 64 << 10

        package init(url: String) { self.url = url }

        package static func == (a: HTTP, b: HTTP) -> Bool {
            a.url == b.url && a.timeout == b.timeout && a.bytes == b.bytes
                && a.headers.elementsEqual(b.headers) { $0.name == $1.name && $0.value == $1.value }
        }
    }

    /// A file of comma-separated values with a line of names, or of a JSON object a line. It is read again when it changes.
    package struct File: Sendable, Equatable {
        package enum Format: String, CaseIterable, Sendable { case csv, jsonl }

        package var path: String
        /// `format`; by the name's ending if it is not said.
        package var format: Format
        /// `bytes`: the largest file.
        package var bytes = 256 << 20

        package init(path: String, format: Format) {
            self.path = path
            self.format = format
        }
    }

    /// A table that a plugin of this host makes of its states.
    package struct Table: Sendable, Equatable {
        package var id: TableID
        /// `rows`: of so many keys rows are in memory, at most.
        package var rows = 1_000_000

        package init(id: TableID) { self.id = id }
    }

    package var kind: Kind
    /// `connections`: look-ups that go on at once.
    package var connections = 2
    /// `breaker`: after so many look-ups in a row without an answer the source is left alone for so long (microseconds).
    package var failures = 5
    package var pause: Int64 = 10_000_000

    package init(_ kind: Kind) { self.kind = kind }

    init(_ section: SettingsReader) {
        enum TypeName: String, CaseIterable { case postgresql, http, file, table }
        let limits = Duration.milliseconds(1)...Duration.seconds(3600)
        switch section.choice("type", of: TypeName.self) {
        case .postgresql:
            kind = .postgresql(PostgreSQLConfiguration(section, timeout: .seconds(1), in: limits))
        case .http:
            var http = HTTP(url: section.string("url"))
            if !http.url.hasPrefix("http://"), !http.url.hasPrefix("https://") {
                section.problem("url", found: "\"\(http.url)\"", expected: "http://… or https://…")
            }
            let headers = section.section("headers")
            for name in section.memberNames("headers") {
                if let value = headers.secret(name) { http.headers.append((name, value)) }
            }
            http.timeout = section.duration("timeout", default: http.timeout, in: limits)
            http.bytes = section.size("bytes", default: http.bytes, in: 64...(64 << 20))
            kind = .http(http)
        case .file:
            let path = section.string("path")
            var file = File(path: path, format: path.hasSuffix(".csv") ? .csv : .jsonl)
            file.format = section.choice("format", default: file.format)
            file.bytes = section.size("bytes", default: file.bytes, in: 1...(1 << 40))
            kind = .file(file)
        case .table:
            var table = Table(id: Self.table(section))
            table.rows = section.integer("rows", default: table.rows, in: 1...1_000_000_000)
            kind = .table(table)
        }
        switch kind {
        // What is in memory needs no second thread, which would hold a file twice.
        case .file, .table: connections = 1
        case .postgresql, .http: connections = section.integer("connections", default: connections, in: 1...64)
        }
        // A table of this host always answers.
        if case .table = kind {
            section.finish()
            return
        }
        let breaker = section.section("breaker")
        failures = breaker.integer("failures", default: failures, in: 1...1_000_000)
        pause = breaker.duration("pause", default: .microseconds(pause), in: limits).microseconds
        breaker.finish()
        section.finish()
    }
    private static func table(_ section: SettingsReader) -> TableID {
        let name = section.string("table")
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts.contains("") else {
            if section.has("table") {
                section.problem(
                    "table", found: "\"\(name)\"",
                    expected: "PLUGIN/TABLE, such as event-aggregations/user_hourly_attempts")
            }
            return TableID(plugin: "", table: "")
        }
        return TableID(plugin: parts[0], table: parts[1])
    }
}
