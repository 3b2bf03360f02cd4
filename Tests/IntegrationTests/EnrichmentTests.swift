import Foundation
import Testing

extension IntegrationTests {
    /// What is looked up of events by the plugin `learner-context`, and folded by a plugin in C.
    @Suite("Enrichment", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct EnrichmentTests {
        private let folder: TemporaryFolder
        private let plugins: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TemporaryFolder()
            try plugins.copy(Installation.plugin("learner-context"), to: "learner-context.so")
            try CPlugin.build("CountriesInC/countries.c", to: "\(plugins.path)/countries-in-c.so")
            try KnownLog.prepare(folder, below: "data")
        }

        private func host(_ settings: [String], data: String? = nil) throws -> HostProcess {
            try HostProcess(
                data: data ?? self.data, plugins: plugins.path,
                settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms"] + settings)
        }

        private func fileSettings() throws -> [String] {
            let users = try folder.write(
                "users.csv",
                lines: ["user_id,country,timezone,average_score", "ada,DE,+02:00,70", "bob,FR,-05:00,50"])
            let items = try folder.write(
                "items.jsonl", lines: [#"{"item_id":"i-1","difficulty":0.9,"topics":["sets"],"average_time":20}"#])
            return [
                "enrichment.sources.users.type=file", "enrichment.sources.users.path=\(users)",
                "enrichment.sources.items.type=file", "enrichment.sources.items.path=\(items)",
                "enrichment.enrichers.user-context.source=users", "enrichment.enrichers.user-context.key=[user_id]",
                "enrichment.enrichers.item-context.source=items", "enrichment.budget=5s",
            ]
        }

        private func attempt(_ user: String, _ number: Int = 0) -> String {
            #"{"event_type":"attempt","user_id":"\#(user)","item_id":"i-1","score":90,"time_taken":5,"#
                + #""timestamp":"2026-01-31T09:00:0\#(number % 10)Z","number":\#(number)}"#
        }

        private func publish(_ lines: [String], to host: HostProcess) throws {
            let body = try folder.write("body.jsonl", lines: lines)
            let answer = try host.request(
                "/api/v1/events", ["-H", "Content-Type: application/x-ndjson", "--data-binary", "@\(body)"])
            #expect(answer.status == 200, "\(answer.body)")
        }

        /// The members that the log has recorded, of each event.
        private func recorded() throws -> [[String: Any]] {
            try KnownLog.events(in: data).map { $0["fields"] as? [String: Any] ?? [:] }
        }

        private func figures(_ host: HostProcess, _ enricher: String = "user-context") throws -> [String: Any] {
            let enrichers = try host.object("/processor/enrichment")["enrichers"] as? [[String: Any]] ?? []
            return enrichers.first { $0["enricher"] as? String == enricher } ?? [:]
        }

        private func keys(of reducer: String, _ host: HostProcess) throws -> [String] {
            try host.states(of: "countries-in-c", reducer).sorted()
        }

        /// The host's states are those of a fold of its log, which asks nobody.
        private func expectLaw(_ host: HostProcess) throws {
            let expected = try Folding(log: data, plugins: plugins.path)().statesByComponent()
            for reducer in ["countries", "statuses"] {
                let states = expected["countries-in-c.\(reducer)"]?.sorted() ?? []
                #expect(!states.isEmpty)
                #expect(try eventually(seconds: 20) { try keys(of: reducer, host) == states }, "\(reducer)")
            }
        }

        @Test(
            "from files is recorded with the event, seen by a reducer, and the same in a replay",
            arguments: ["worker", "inprocess"])
        func files(placement: String) throws {
            let host = try host(try fileSettings() + ["plugins.placement=\(placement)"])
            let sent = [attempt("ada"), attempt("bob", 1), attempt("eve", 2)]
            try publish(sent, to: host)
            let recorded = try recorded()
            #expect(
                recorded.map { $0["enrichment"] as? [String: String] } == [
                    ["user_context": "fresh", "item_context": "fresh"],
                    ["user_context": "fresh", "item_context": "fresh"],
                    ["user_context": "missing", "item_context": "fresh"],
                ])
            let ada = recorded[0]["user_context"] as? [String: Any]
            #expect(ada?["country"] as? String == "DE" && ada?["average_score"] as? Double == 70)
            #expect(ada?.keys.contains("user_id") == false)
            let derived = recorded[0]["derived_context"] as? [String: Any]
            #expect(derived?["response_time"] as? String == "fast")
            #expect(derived?["time_of_day"] as? String == "morning")
            #expect(derived?["performance_vs_expected"] as? Double == 20)
            // What the client sent is stored as it was.
            let payloads = try run(Installation.lectern, ["log", "cat", "--data", data])
            for line in sent { #expect(payloads.contains("\"payload\":\(line)")) }
            try expectLaw(host)
            #expect(try keys(of: "countries", host).contains { $0.contains("country:DE,part:morning") })
            #expect(try keys(of: "countries", host).contains { $0.contains("country:FR,part:night") })
            #expect(try host.stop() == .code(0))
            // Without its sources.
            for name in ["users.csv", "items.jsonl"] {
                try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
            }
            let again = try HostProcess(
                data: data, plugins: plugins.path, settings: ["ingest.trust=loopback", "kvs.default.type=stub"])
            try expectLaw(again)
            #expect(try again.stop() == .code(0))
        }

        @Test("can't be forged by a client")
        func forged() throws {
            let host = try host(try fileSettings())
            try publish(
                [
                    #"{"event_type":"page","user_id":"bob","user_context":{"country":"US"},"item_context":1,"enrichment":{}}"#
                ],
                to: host)
            let fields = try #require(try recorded().first)
            #expect((fields["user_context"] as? [String: Any])?["country"] as? String == "FR")
            #expect(fields["item_context"] is NSNull)
            #expect(try host.stop() == .code(0))
        }

        @Test("without settings does nothing")
        func off() throws {
            let host = try host([])
            try publish([attempt("ada")], to: host)
            #expect(try recorded().first?.isEmpty == true)
            #expect(try (host.object("/processor/enrichment")["enrichers"] as? [Any])?.isEmpty == true)
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "from PostgreSQL outlives its outage: stale, then missing, then fresh, and nothing is lost",
            .enabled(if: PostgreSQLServer.isExpected, "there is no PostgreSQL server"))
        func postgresql() throws {
            let server = try PostgreSQLServer()
            try server.rows(
                """
                CREATE TABLE learners (user_id text PRIMARY KEY, user_type text, country text, jurisdiction text,
                    study_streak integer, average_score double precision, recent_scores jsonb, preferred_device text,
                    timezone text, total_sessions bigint, total_attempts bigint);
                INSERT INTO learners VALUES ('ada', 'premium', 'DE', 'EU', 12, 71.5, '[70,73]', 'tablet', 'Europe/Berlin', 40, 210)
                """)
            let host = try host([
                "enrichment.sources.school.type=postgresql", "enrichment.sources.school.host=\(server.socketFolder)",
                "enrichment.sources.school.port=\(server.port)", "enrichment.sources.school.database=postgres",
                "enrichment.sources.school.user=postgres", "enrichment.sources.school.breaker.failures=2",
                "enrichment.sources.school.breaker.pause=200ms", "enrichment.enrichers.user-context.source=school",
                "enrichment.memory.ttl=1ms", "enrichment.budget=5s",
            ])
            try publish([attempt("ada")], to: host)
            let fields = try #require(try recorded().first)
            let ada = try #require(fields["user_context"] as? [String: Any])
            #expect(ada["study_streak"] as? Int == 12 && ada["user_type"] as? String == "premium")
            #expect(ada["recent_scores"] as? [Int] == [70, 73] && ada["total_attempts"] as? Int == 210)
            #expect((fields["derived_context"] as? [String: Any])?["time_of_day"] as? String == "morning")

            try server.stop()
            for number in 1...4 { try publish([attempt("ada", number), attempt("bob", number)], to: host) }
            #expect(try figures(host)["breaker"] as? String != "closed")
            // A kill in the middle of it.
            host.crash()
            try host.restart()
            try publish([attempt("ada", 5)], to: host)
            try server.start()
            let isBack = try eventually(seconds: 60) {
                try publish([attempt("ada", 6)], to: host)
                return try figures(host)["breaker"] as? String == "closed"
            }
            #expect(isBack)
            let statuses = try recorded().map { ($0["enrichment"] as? [String: String])?["user_context"] }
            #expect(
                Array(statuses.prefix(10)) == ["fresh"] + Array(repeating: ["stale", "missing"], count: 4).joined() + [
                    "missing"
                ])
            #expect(statuses.last == "fresh")
            try expectLaw(host)
            #expect(try host.metric(#"lectern_enrichment_events_total{enricher="user-context",status="fresh"}"#) >= 1)
            #expect(try !host.request("/metrics").body.contains("ada"))
            #expect(try host.stop() == .code(0))
        }

        @Test("is shared by hosts through Redis, and erased from it with a student")
        func redis() throws {
            let redis = try RedisProcess(in: folder.path + "/redis")
            let settings = try fileSettings() + redis.lookupSettings
            let first = try host(settings)
            try publish([attempt("ada"), attempt("bob", 1)], to: first)
            #expect(try first.stop() == .code(0))
            #expect(try redis.keys().contains { $0.contains("enrichment,user-context") && $0.contains("ada") })

            // Another host finds the answers there, though its file says nothing any more.
            let second = try host(settings, data: "\(folder.path)/other")
            try folder.write("users.csv", lines: ["user_id,country"])
            try publish([attempt("ada", 2)], to: second)
            let hits = try figures(second)["hits"] as? [String: Int]
            #expect(hits?["redis"] == 1)
            #expect(try second.stop() == .code(0))

            _ = try run(
                Installation.lectern,
                ["erase", "--student", "ada", "--data", data] + settings.flatMap { ["--set", $0] })
            #expect(try !redis.keys().contains { $0.contains("ada") })
            #expect(try redis.keys().contains { $0.contains("bob") })
            #expect(try recorded().count == 1)
            // Redis away: nobody waits for it, and nothing is lost.
            try redis.stop()
        }

        @Test("goes on without Redis")
        func redisAway() throws {
            let redis = try RedisProcess(in: folder.path + "/redis")
            let host = try host(try fileSettings() + redis.lookupSettings)
            try redis.stop()
            try publish([attempt("ada"), attempt("bob", 1)], to: host)
            #expect(try recorded().allSatisfy { ($0["enrichment"] as? [String: String])?["user_context"] == "fresh" })
            try redis.restart()
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "from a web service",
            .enabled(if: Installation.isRequired || access("/usr/bin/python3", X_OK) == 0, "needs python3"))
        func http() throws {
            try folder.write("site/users/ada%20b", #"{"country":"AT","timezone":"Z"}"#.utf8)
            try folder.write("site/users/ada b", #"{"country":"AT","timezone":"Z"}"#.utf8)
            let server = try WebFolder("\(folder.path)/site")
            let host = try host([
                "enrichment.sources.web.type=http", "enrichment.sources.web.url=\(server.address)",
                "enrichment.enrichers.user-context.source=web", "enrichment.enrichers.user-context.path=/users/{actor}",
                "enrichment.budget=5s",
            ])
            try publish([attempt("ada b"), attempt("bob", 1)], to: host)
            let recorded = try recorded()
            #expect((recorded[0]["user_context"] as? [String: Any])?["country"] as? String == "AT")
            #expect((recorded[1]["enrichment"] as? [String: String])?["user_context"] == "missing")
            #expect(try figures(host)["errors"] as? Int == 0)
            #expect(try host.stop() == .code(0))
        }

        @Test("with mistakes in the settings is refused, each with its place")
        func mistakes() throws {
            let check = try ChildProcess(
                Installation.lectern,
                [
                    "config", "check", "--set", "enrichment.redis=nowhere", "--set",
                    "enrichment.enrichers.user-context.source=nobody", "--set", "enrichment.sources.x.type=ldap",
                ])
            #expect(try check.wait() != .code(0))
            let said = check.printed + check.complained
            for place in ["enrichment.redis", "enrichment.enrichers.user-context.source", "enrichment.sources.x.type"] {
                #expect(said.contains(place), "\(said)")
            }
        }
    }
}
