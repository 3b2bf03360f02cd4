import Foundation
import Testing

extension IntegrationTests {
    /// The questions of Grafana's panels and alerts, asked of what the host writes into PostgreSQL about a class.
    @Suite("Panels", .enabled(if: PostgreSQLServer.isExpected, "needs postgresql: scripts/setup --tests installs it"))
    struct PanelTests {
        private let folder: TemporaryFolder
        private let database: PostgreSQLServer

        init() throws {
            folder = try TemporaryFolder()
            database = try PostgreSQLServer()
        }

        /// Makes database and roles as a deployment does.
        private func prepare(_ passwords: [String: String]) throws -> ChildProcess {
            let process = try ChildProcess(
                "/usr/bin/env",
                passwords.map { "\($0)=\($1)" } + [
                    "psql", "--no-psqlrc", "--quiet", "--host", database.socketFolder, "--port", "\(database.port)",
                    "--username", PostgreSQLServer.superuser, "--file", "\(Installation.deploy)/postgresql/lectern.sql",
                ])
            try process.wait()
            return process
        }

        private static let passwords = ["LECTERN_POSTGRESQL_PASSWORD": "one", "LECTERN_READER_PASSWORD": "two"]

        @Test("every panel, variable and alert finds what the host writes, as the role that may only read")
        func questions() throws {
            #expect(try prepare(Self.passwords).wait() == .code(0))
            let host = try HostProcess(
                data: "\(folder.path)/data",
                settings: [
                    "ingest.trust=loopback", "warehouse.type=postgresql", "warehouse.postgresql.host=127.0.0.1",
                    "warehouse.postgresql.port=\(database.port)", "warehouse.postgresql.database=lectern",
                    "warehouse.postgresql.user=lectern",
                ])
            try run(
                Installation.lectern,
                ["simulate", "--to", host.address, "--events", "4000", "--minutes", "4320", "--seed", "5"])
            let isWritten = try eventually(seconds: 60) {
                let waiting = try? host.metric("lectern_warehouse_waiting_rows")
                let folded = try? host.metric("lectern_events_folded_total")
                let attempts = try? database.value(
                    "SELECT sum(total_quiz_attempts) FROM user_engagement", database: "lectern", user: "lectern_reader")
                let shown = try host.sum(of: "total_quiz_attempts", in: "quiz-analytics/user_engagement")
                return waiting == 0 && folded == 4000 && shown > 0 && attempts == "\(shown)"
            }
            #expect(isWritten, "\(host.complained)")
            let domains = try database.rows(
                "SELECT DISTINCT domain FROM user_engagement", database: "lectern", user: "lectern_reader")
            let macros = GrafanaMacros(variables: ["domain": domains.compactMap { $0[0] }])
            let questions = try GrafanaFiles.sql()
            #expect(questions.count >= 40)
            for question in questions {
                do {
                    let rows = try database.rows(
                        try macros.expand(question.text), database: "lectern", user: "lectern_reader")
                    #expect(!rows.isEmpty && rows.allSatisfy { $0.last != .some(nil) }, "\(question.place): no answer")
                } catch {
                    Issue.record("\(question.place): \(error)")
                }
            }
        }

        @Test("who has all domains, or none, can be asked for, too")
        func noDomain() throws {
            let macros = GrafanaMacros(variables: ["domain": ["it's", "b"]])
            #expect(try macros.expand("a IN (${domain:sqlstring})") == "a IN ('it''s','b')")
            #expect(
                try macros.expand("SELECT $__timeGroupAlias(f(a, b), $__interval) WHERE $__timeFilter(f(a))")
                    == "SELECT floor(extract(epoch from f(a, b))/300)*300 AS \"time\" WHERE f(a) BETWEEN "
                    + "'2000-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'")
            #expect(throws: Failure.self) { try macros.expand("$__unknown(a)") }
            #expect(throws: Failure.self) { try macros.expand("${module:sqlstring}") }
        }

        @Test("the reader can't write, and a password that is missing is named")
        func roles() throws {
            let incomplete = try prepare(["LECTERN_POSTGRESQL_PASSWORD": "one"])
            #expect(try incomplete.wait() != .code(0))
            #expect(incomplete.complained.contains("LECTERN_READER_PASSWORD is not set"))
            #expect(try database.value("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'lectern%'") == "0")
            let empty = try prepare(["LECTERN_POSTGRESQL_PASSWORD": "one", "LECTERN_READER_PASSWORD": ""])
            #expect(try empty.wait() != .code(0))
            #expect(empty.complained.contains("LECTERN_READER_PASSWORD is not set"))
            #expect(try database.value("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'lectern%'") == "0")
            let complete = try prepare(Self.passwords)
            #expect(try complete.wait() == .code(0), "\(complete.complained)")
            for statement in ["CREATE TABLE public.t (a int)", "CREATE SCHEMA s", "CREATE TEMPORARY TABLE t (a int)"] {
                #expect(throws: Failure.self) {
                    try database.rows(statement, database: "lectern", user: "lectern_reader")
                }
            }
            try database.rows("CREATE SCHEMA s; CREATE TABLE s.t (a int)", database: "lectern", user: "lectern")
            #expect(throws: Failure.self) {
                try database.rows("SELECT * FROM s.t", database: "lectern", user: "lectern_reader")
            }
        }
    }
}
