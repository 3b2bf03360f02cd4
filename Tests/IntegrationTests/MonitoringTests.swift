import Foundation
import Testing

extension IntegrationTests {
    /// What the host tells of itself, read by the programs that it is for.
    @Suite("Monitoring", .enabled(if: Tool.promtool.isExpected, Tool.promtool.comment))
    struct MonitoringTests {
        private let folder: TemporaryFolder
        private let host: HostProcess

        /// A host with the settings of a deployment, but for its stores.
        init() throws {
            folder = try TemporaryFolder()
            host = try HostProcess(
                data: "\(folder.path)/data",
                settings: [
                    "ingest.trust=loopback", "kvs.default={type: sqlite}", "warehouse.type=sqlite",
                    "warehouse.postgresql.password=",
                ],
                config: "\(Installation.deploy)/lectern.yaml")
            try run(
                Installation.lectern,
                [
                    "simulate", "--to", host.address, "--events", "2000", "--seed", "3", "--token",
                    "\(folder.path)/data/tokens",
                ])
        }

        private func token() throws -> String {
            try run("\(Installation.deploy)/metrics-token", ["\(folder.path)/data/tokens", "\(folder.path)/token"])
            return try #require(try lines(of: "\(folder.path)/token").first)
        }

        private func metrics(_ options: [String] = []) throws -> String {
            let answer = try host.request("/metrics", ["-H", "Authorization: Bearer \(try token())"] + options)
            guard answer.status == 200 else { throw Failure("/metrics: \(answer.status) \(answer.body)") }
            return answer.body
        }

        /// The figures of /metrics by name and labels.
        private func figures() throws -> [String: Double] {
            Dictionary(
                try metrics().split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
                    line.lastIndex(of: " ").flatMap { space in
                        Double(line[line.index(after: space)...]).map { (String(line[..<space]), $0) }
                    }
                }, uniquingKeysWith: { first, _ in first })
        }

        @Test("only who has the token may read the metrics")
        func access() throws {
            #expect(try host.request("/metrics").status == 401)
            #expect(try metrics().contains("lectern_log_records_total"))
        }

        @Test("promtool finds nothing to complain about")
        func exposition() throws {
            let file = try folder.write("metrics.txt", try metrics().utf8)
            try run("sh", ["-c", "promtool check metrics <'\(file)'"])
        }

        @Test("OpenMetrics is given to who asks for it")
        func openMetrics() throws {
            let accept = ["-H", "Accept: application/openmetrics-text; version=1.0.0", "-D", "\(folder.path)/head"]
            let text = try metrics(accept)
            #expect(text.hasSuffix("\n# EOF\n"))
            #expect(text.contains("\n# TYPE lectern_log_records counter\n"))
            #expect(text.contains("\n# UNIT lectern_consumer_lag_seconds seconds\n"))
            let head = try lines(of: "\(folder.path)/head").map { $0.lowercased() }
            #expect(head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"))
        }

        @Test("no figure has anything of a student in it")
        func privacy() throws {
            let options = ["-H", "Authorization: Bearer \(try viewer())"]
            var ids: Set<String> = []
            let areShown = try eventually(seconds: 60) {
                let table = try host.request("/api/v1/tables/quiz-analytics/user_engagement?limit=1000", options)
                let rows = try JSONRow.object(table.body)["rows"] as? [[String: Any]] ?? []
                ids = Set(rows.compactMap { $0["user_id"] as? String })
                return ids.count > 10
            }
            #expect(areShown)
            let text = try metrics()
            for id in ids { #expect(!text.contains(id)) }
        }

        private func viewer() throws -> String {
            let line = try lines(of: "\(folder.path)/data/tokens").first { $0.hasPrefix("viewer ") }
            return try #require(line?.dropFirst("viewer ".count).description)
        }

        @Test("Prometheus reads the host with the settings that are shipped, and has the figures that it gives")
        func prometheus() throws {
            let isFolded = try eventually(seconds: 60) {
                let found = try self.figures()
                return found["lectern_events_folded_total"] == 2000
                    && found["lectern_quiz_failure_ratio"] != nil
                    && found["lectern_forgetting_risk_ratio"] != nil
                    && found["lectern_consumer_lag_messages{plugin=\"quiz-analytics\"}"] == 0
            }
            let folded = try metrics()
            #expect(isFolded, "\(folded)")
            let prometheus = try PrometheusServer(hosts: ["127.0.0.1:\(host.port)"], token: try token())
            let isRead = try eventually(seconds: 60) {
                try prometheus.query("lectern_log_records_total{job=\"lectern\"}").first?.value ?? 0 >= 2000
            }
            let errors = try prometheus.scrapeErrors()
            #expect(isRead, "\(errors)")
            #expect(try prometheus.query("up{job=\"lectern\"}").first?.value == 1)
            let figures = try self.figures()
            for (name, value) in figures where name.hasPrefix("lectern_events_consumed_total") {
                #expect(try prometheus.query(name).first?.value == value, "\(name)")
            }
            #expect(figures["lectern_events_consumed_total{type=\"module_quiz_completed\"}"] ?? 0 > 0)
            let failed = try #require(try prometheus.query("lectern_quiz_failure_ratio").first?.value)
            #expect(failed > 0 && failed < 1)

            // Each panel's question is one that Prometheus understands, and asks for what the host has.
            let names = Set(figures.keys.map { $0.prefix { $0 != "{" } })
            let rules = try String(
                contentsOfFile: "\(Installation.deploy)/prometheus/lectern.rules.yml", encoding: .utf8)
            let questions = try GrafanaFiles.promQL()
            #expect(questions.count > 10)
            for question in questions {
                _ = try prometheus.query(question.text.replacing("$__rate_interval", with: "1m"))
            }
            for text in questions.map(\.text) + [rules] {
                for match in text.matches(of: /\b(lectern|hb)_[a-z_]+/) {
                    #expect(names.contains(match.0), "\(match.0) is not in /metrics")
                }
            }
        }

        @Test("a plugin that does not return lies behind, and is told apart from those that go on")
        func lag() throws {
            let evil = try EvilPlugin("LOOPS", events: 1000)
            let slow = try evil.host(["plugins.counter-in-c.deadline=5s"])
            try run(Installation.lectern, ["replay", evil.file, "--to", slow.address])
            func messages(_ plugin: String) throws -> Int {
                try slow.metric("lectern_consumer_lag_messages{plugin=\"\(plugin)\"}")
            }
            #expect(try eventually(seconds: 60) { try messages("counter-in-c") > 0 && messages("quiz-analytics") == 0 })
            // It is ended, and goes on without the event.
            #expect(try eventually(seconds: 120) { try messages("counter-in-c") == 0 })
            #expect(try slow.metric("lectern_consumer_lag_seconds{plugin=\"counter-in-c\"}") == 0)
        }
    }
}
