import Foundation
import Testing

extension IntegrationTests {
    /// Tables in PostgreSQL, against the fold of the log that the host has written.
    @Suite("Tables in PostgreSQL", .enabled(if: PostgreSQLServer.isExpected, "there is no PostgreSQL server"))
    struct WarehouseTests {
        private let folder: TemporaryFolder
        private let database: WarehouseDatabase
        private var server: PostgreSQLServer { database.server }
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            database = try WarehouseDatabase()
        }

        private var settings: [String] {
            ["ingest.trust=loopback", "reduction.checkpoint=200ms"] + database.settings
        }

        private func host(_ more: [String] = [], data: String? = nil) throws -> HostProcess {
            try HostProcess(data: data ?? self.data, settings: settings + more)
        }

        private func ask(_ sql: String, as user: String = "lectern") throws -> [[String?]] {
            try database.rows(sql, as: user)
        }

        /// Waits until the warehouse has come to the end of the log with each plugin that it knows.
        private func expectCaughtUp(_ host: HostProcess) throws {
            let hasCome = try eventually(seconds: 120) {
                let records = try host.metric("lectern_log_records_total")
                let places = try ask("SELECT plugin, sum(position) FROM lectern.position GROUP BY plugin")
                return try host.metric("lectern_warehouse_waiting_rows") == 0
                    && places.contains { $0[0] == "quiz-analytics" } && places.allSatisfy { $0[1] == "\(records)" }
            }
            #expect(hasCome, "\(host.complained)")
        }

        /// After the host has stopped: every table holds, row for row, what the fold of its log makes.
        /// - Parameter data: of which host; nil: of the first one.
        private func expectTablesOfFold(of data: String? = nil) throws {
            #expect(try database.differences(from: Folding(log: data ?? self.data)()) == [])
        }

        private func expectNoDeadLetters() throws {
            let info = try JSONRow.object(run(Installation.lectern, ["log", "info", "--data", data, "--json"]))
            #expect((info["deadLetters"] as? [String: Int]) == [:])
        }

        @Test("an event's row is there at once, under the table's plain name, for the role that may only read")
        func published() throws {
            let host = try host()
            let quiz = #"{"user_id":"test_user","domain":"dsa","module":"dsa-arrays","score":85,"time_taken":300}"#
            let answer = try host.request(
                "/api/events/quiz", ["-H", "Content-Type: application/json", "--data", quiz])
            #expect(answer.status == 200)
            try expectCaughtUp(host)
            try server.rows("ALTER ROLE lectern_reader LOGIN")
            let row = try ask(
                "SELECT user_id, module, attempt_count, average_score, score_sum FROM quiz_analytics",
                as: "lectern_reader")
            #expect(row == [["test_user", "dsa-arrays", "1", "85", "85"]])
            #expect(throws: Failure.self) { try ask("DELETE FROM quiz_analytics", as: "lectern_reader") }
            #expect(try host.stop() == .code(0))
        }

        @Test("20,000 events, twenty crashes, states in Redis, PostgreSQL away during some: every table is the fold's")
        func crashes() throws {
            let redis = try RedisProcess(in: "\(folder.path)/redis")
            let group = try SimulatedClass(events: 20_000)
            let host = try host(redis.settings)
            let replay = try Replaying([group.file], to: host, ["--rate", "2500", "--window", "128"])
            var generator = SeededGenerator(seed: 11)
            for (index, point) in generator.points(20, in: 400..<18_500, gap: 500).enumerated() {
                try replay.waitForAcknowledgement(of: point)
                // Away before the crash, and back after the host has been without it for a while.
                if index % 4 == 1 { try server.stop() }
                host.crash()
                try host.restart()
                if index % 4 == 1 {
                    try replay.waitForAcknowledgement(of: point + 200)
                    try server.start()
                }
            }
            #expect(try replay.finish(seconds: 120).acknowledged == 20_000)
            try expectCaughtUp(host)
            #expect(try host.metric("lectern_ingest_events_total{outcome=\"rejected\"}") == 0)
            #expect(try host.stop() == .code(0))
            #expect(!FileManager.default.fileExists(atPath: "\(data)/default.sqlite"), "the states are not in Redis")
            try expectNoDeadLetters()
            try expectTablesOfFold()
        }

        @Test("PostgreSQL stopped for 30 seconds and Redis for 10 of them while events run: nothing is lost")
        func stopped() throws {
            let redis = try RedisProcess(in: "\(folder.path)/redis")
            let group = try SimulatedClass(events: 8_000)
            let host = try host(redis.settings)
            // At this rate they can't all have come before both servers are back.
            let replay = try Replaying([group.file], to: host, ["--rate", "200", "--window", "128"])
            try replay.waitForAcknowledgement(of: 200)
            try server.stop()
            Thread.sleep(forTimeInterval: 10)
            try redis.stop()
            let before = replay.acknowledged
            Thread.sleep(forTimeInterval: 10)
            try replay.waitForAcknowledgement(of: before + 500)
            try redis.restart()
            Thread.sleep(forTimeInterval: 10)
            try server.start()
            #expect(replay.isRunning)
            let report = try replay.finish(seconds: 120)
            #expect(report.acknowledged == 8_000 && report.rejected == 0)
            try expectCaughtUp(host)
            #expect(try host.stop() == .code(0))
            try expectNoDeadLetters()
            try expectTablesOfFold()
        }

        @Test(
            "while PostgreSQL is away events go on being taken, and past the limit tables are written from the states")
        func outage() throws {
            let group = try SimulatedClass(events: 6_000, students: 200)
            let host = try host(["warehouse.limit=50"])
            let replay = try Replaying([group.file], to: host, ["--rate", "3000", "--window", "128"])
            try replay.waitForAcknowledgement(of: 1_000)
            try server.crash()
            #expect(try replay.finish().acknowledged == 6_000)
            #expect(try eventually(seconds: 30) { host.complained.contains("the warehouse can't be reached") })
            try server.start()
            try expectCaughtUp(host)
            #expect(host.complained.contains("the warehouse has all rows again"))
            #expect(try host.stop() == .code(0))
            try expectTablesOfFold()
        }

        @Test("of two hosts that both believe the partitions are theirs, the earlier one is refused in SQL")
        func fenced() throws {
            let first = try host()
            let group = try SimulatedClass(events: 300)
            #expect(try Replaying([group.file], to: first).finish().acknowledged == 300)
            try expectCaughtUp(first)
            // It is thought dead, and another one takes over from a copy of what it had.
            kill(first.processID, SIGSTOP)
            let copy = "\(folder.path)/copy"
            try FileManager.default.copyItem(atPath: data, toPath: copy)
            let second = try host(data: copy)
            let more = try SimulatedClass(events: 200, seed: 8)
            #expect(try Replaying([more.file], to: second).finish().acknowledged == 200)
            try expectCaughtUp(second)
            kill(first.processID, SIGCONT)
            let other = try SimulatedClass(events: 100, seed: 9)
            #expect(try Replaying([other.file], to: first).finish().acknowledged == 100)
            #expect(
                try eventually(seconds: 60) {
                    first.complained.contains(
                        /refuses rows of quiz-analytics, .*another host owns it \(epoch \d+, this/)
                }, "\(first.complained)")
            #expect(try first.stop() == .code(0))
            #expect(try second.stop() == .code(0))
            #expect(!second.complained.contains("another host owns it"))
            try expectTablesOfFold(of: copy)
        }

        @Test("rows that somebody else has changed or removed do not stay so once the host has noticed")
        func tampered() throws {
            let group = try SimulatedClass(events: 300)
            let host = try host()
            #expect(try Replaying([group.file], to: host).finish().acknowledged == 300)
            try expectCaughtUp(host)
            #expect(try host.stop() == .code(0))
            // As a database that was restored from a backup would have it.
            _ = try ask("DELETE FROM quiz_analytics.quiz_analytics")
            _ = try ask("UPDATE lectern.position SET position = position - 1 WHERE position > 0")
            try host.restart()
            try expectCaughtUp(host)
            #expect(try host.stop() == .code(0))
            try expectTablesOfFold()
        }

        @Test("an erased student is in no table, and the tables are the fold of what is left")
        func erased() throws {
            let group = try SimulatedClass(events: 300, students: 5)
            let host = try host()
            #expect(try Replaying([group.file], to: host).finish().acknowledged == 300)
            try expectCaughtUp(host)
            #expect(try host.stop() == .code(0))
            let found = try ask("SELECT user_id FROM quiz_analytics.user_engagement LIMIT 1")
            let student = try #require(found.first?.first ?? nil)
            let options = settings.flatMap { ["--set", $0] }
            _ = try run(Installation.lectern, ["erase", "--student", student, "--data", data] + options)
            let tables = try ask(
                """
                SELECT schemaname || '.' || tablename FROM pg_tables
                WHERE schemaname IN (SELECT schema FROM lectern.plugin)
                """
            ).compactMap { $0[0] }
            #expect(tables.count > 10)
            for isBack in [false, true] {
                if isBack {
                    try host.restart()
                    try expectCaughtUp(host)
                    #expect(try host.stop() == .code(0))
                }
                for table in tables {
                    let rows = try ask("SELECT to_jsonb(t) FROM \(table) t").map { $0[0] ?? "" }
                    #expect(!rows.contains { $0.contains(student) }, "\(table)")
                }
            }
            try expectTablesOfFold()
        }

        @Test("a plugin's table that changed is changed, and others' views of it go on")
        func migrated() throws {
            let group = try SimulatedClass(events: 300)
            let host = try host()
            #expect(try Replaying([group.file], to: host).finish().acknowledged == 300)
            try expectCaughtUp(host)
            #expect(try host.stop() == .code(0))
            // As another build would have left it: a column less, one more, a key that is no longer one.
            _ = try ask(
                """
                ALTER TABLE quiz_analytics.user_engagement DROP COLUMN modules_started;
                ALTER TABLE quiz_analytics.user_engagement ADD COLUMN removed text;
                ALTER TABLE quiz_analytics.learners DROP COLUMN domain;
                CREATE VIEW public.mine AS SELECT user_id FROM quiz_analytics.user_engagement;
                UPDATE lectern.plugin SET origin = 'another build'
                """)
            try host.restart()
            try expectCaughtUp(host)
            #expect(try host.stop() == .code(0))
            try expectTablesOfFold()
            #expect(
                try ask("SELECT count(*) FROM public.mine")
                    == ask("SELECT count(*) FROM quiz_analytics.user_engagement"))
        }
    }
}
