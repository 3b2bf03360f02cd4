import Foundation
import Testing

extension IntegrationTests {
    @Suite("Alerts")
    struct AlertTests {
        private let folder: TemporaryFolder
        private let receiver: AlertReceiver

        init() throws {
            folder = try TemporaryFolder()
            receiver = try AlertReceiver()
        }

        private static let low =
            "{name: low, table: quiz-analytics/quiz_analytics, when: {field: average_score, below: 50}}"

        private func host(rules: [String], _ settings: [String] = []) throws -> HostProcess {
            let secret = try folder.write("secret", "hush-hush\n".utf8)
            return try HostProcess(
                data: "\(folder.path)/data",
                settings: [
                    "ingest.trust=loopback", "reduction.checkpoint=50ms", "alerts.every=100ms", "alerts.presets=[]",
                    "alerts.rules=[\(rules.joined(separator: ", "))]",
                    "alerts.webhook={url: \"http://127.0.0.1:\(receiver.port)/hook\", secret: {file: \(secret)}, "
                        + "backoff: 20ms, retry: 100ms, timeout: 5s}",
                ] + settings)
        }

        private func quiz(_ user: String, _ score: Int, _ id: Int) -> String {
            #"{"event_type":"module_quiz_completed","event_id":"e\#(id)","user_id":"\#(user)","domain":"dsa","course":"c","#
                + #""module":"m","score":\#(score),"time_taken":60,"timestamp":"2026-01-31T09:00:0\#(id % 10)Z"}"#
        }

        private func send(_ lines: [String], to host: HostProcess) throws {
            let file = try folder.write("events.jsonl", lines: lines)
            try run(Installation.lectern, ["replay", file, "--to", host.address])
        }

        private func alerts(_ host: HostProcess) throws -> [[String: Any]] {
            try host.object("/processor/status")["alerts"] as? [[String: Any]] ?? []
        }

        @Test("a row that meets a rule is told once, and its end too, with one id; a kill -9 between loses nothing")
        func crash() throws {
            receiver.answer(503)
            let host = try host(rules: [Self.low])
            try send([quiz("ada", 10, 1), quiz("bob", 90, 2)], to: host)
            // It is tried, refused, and shown meanwhile.
            #expect(try eventually(seconds: 60) { receiver.refused.count >= 2 })
            let first = try #require(receiver.refused.first).object()
            let shown = try alerts(host)
            #expect(shown.map { $0["key"] as? String } == ["user_id:ada,domain:dsa,course:c,module:m,quiz_type:module"])
            #expect(shown.first?["id"] as? String == first["id"] as? String)
            #expect(try host.request("/").body.contains(#"<h2 id="alerts">Alerts</h2>"#))
            // What names a student is not in the host's own log.
            #expect(host.complained.contains("alert low: 1 row of quiz-analytics/quiz_analytics\n"))
            #expect(!host.complained.contains("ada"), "\(host.complained)")
            host.crash()

            receiver.answer(200)
            try host.restart()
            #expect(try eventually(seconds: 60) { !receiver.taken.isEmpty })
            let told = try #require(receiver.taken.first)
            #expect(told.body == receiver.refused[0].body)
            #expect(told.head.hasPrefix("POST /hook HTTP/1.1"))
            #expect(told.head.contains("X-Lectern-Secret: hush-hush"))
            #expect(told.head.contains("Content-Type: application/json"))

            // Up to 55 in the middle.
            try send([quiz("ada", 100, 3)], to: host)
            #expect(try eventually(seconds: 60) { receiver.taken.count >= 2 })
            let messages = try receiver.taken.map { try $0.object() }
            #expect(messages.map { $0["state"] as? String } == ["firing", "resolved"])
            #expect(Set(messages.map { $0["id"] as? String }).count == 1)
            #expect(messages[1]["until"] is String)
            #expect(try alerts(host).isEmpty)
            #expect(host.complained.contains("alert low is over: 1 row of quiz-analytics/quiz_analytics\n"))
            #expect(!host.complained.contains("ada"), "\(host.complained)")
            #expect(try host.metric("lectern_alerts_firing{rule=\"low\"}") == 0)
            #expect(try host.metric("lectern_alert_messages_waiting") == 0)
        }

        @Test("what fires while the host ends fires on after it, and is not told again")
        func restart() throws {
            let host = try host(rules: [Self.low])
            try send([quiz("ada", 10, 1)], to: host)
            #expect(try eventually(seconds: 60) { receiver.taken.count == 1 })
            #expect(try host.stop() == .code(0))
            try host.restart()
            #expect(try eventually(seconds: 30) { try alerts(host).count == 1 })
            try send([quiz("bob", 10, 2)], to: host)
            #expect(try eventually(seconds: 60) { receiver.taken.count >= 2 })
            let keys = try receiver.taken.map { try $0.object()["key"] as? String ?? "" }
            #expect(keys.map { $0.prefix(11) } == ["user_id:ada", "user_id:bob"])
        }

        @Test("while states are made anew, nothing begins or ends")
        func rebuild() throws {
            // Such a store forgets: each start folds the log from its first record.
            let host = try host(rules: [Self.low], ["kvs.default.type=stub"])
            try run(Installation.lectern, ["simulate", "--to", host.address, "--events", "5000", "--seed", "3"])
            try send([quiz("ada", 10, 1)], to: host)
            let key = "user_id:ada,"
            func messages() throws -> [[String: Any]] {
                try receiver.taken.map { try $0.object() }.filter { ($0["key"] as? String)?.hasPrefix(key) == true }
            }
            #expect(try eventually(seconds: 60) { try messages().count == 1 })
            #expect(try host.stop() == .code(0))
            try host.restart()
            try send([quiz("zoe", 10, 2)], to: host)
            // What comes after the start is told again.
            #expect(
                try eventually(seconds: 60) {
                    receiver.taken.contains { $0.body.contains("user_id:zoe,") }
                })
            #expect(try messages().count == 1)
            #expect(try alerts(host).contains { ($0["key"] as? String)?.hasPrefix(key) == true })
        }

        @Test("events that a plugin can't read again and again are an alert of its component")
        func failures() throws {
            let host = try host(rules: ["{name: bad, figure: failures, above: 2}"])
            try send(
                (1...5).map { quiz("ada", 80, $0).replacing("\"score\":80", with: "\"score\":\"high\"") }, to: host)
            #expect(try eventually(seconds: 60) { !receiver.taken.isEmpty })
            let alert = try #require(receiver.taken.first).object()
            #expect(alert["rule"] as? String == "bad")
            #expect((alert["key"] as? String)?.hasPrefix("component:") == true, "\(alert)")
        }

        @Test("an output that waits is told, and shown on the start page")
        func output() throws {
            let host = try host(
                rules: ["{name: outputs, figure: output_away}"],
                [
                    // Nobody listens there.
                    "outputs.bus={type: kafka, brokers: [\"127.0.0.1:1\"], topic: t, interval: 20ms, timeout: 300ms, retries: 0, "
                        + "backoff: 20ms, retry: 100ms}"
                ])
            try send([quiz("ada", 80, 1)], to: host)
            #expect(try eventually(seconds: 60) { !receiver.taken.isEmpty })
            #expect(try #require(receiver.taken.first).object()["key"] as? String == "output:bus")
            let page = try host.request("/").body
            #expect(page.contains(#"<th scope="row">bus</th><td>kafka</td>"#), "\(page)")
        }

        @Test("a rule may ask for a column that a plugin's function makes")
        func function() throws {
            let host = try host(
                rules: ["{name: forgotten, table: quiz-analytics/learners, when: {field: kept, below: 0.5}}"],
                ["tables.quiz-analytics.learners.columns.kept=forgetting(average_score, 365)"])
            try send([quiz("ada", 10, 1)], to: host)
            #expect(try eventually(seconds: 60) { !receiver.taken.isEmpty })
            #expect(try #require(receiver.taken.first).object()["key"] as? String == "learner:ada,domain:dsa")
        }

        @Test("a rule whose column is not there is left out, and that is said")
        func noColumn() throws {
            let host = try host(rules: ["{name: r, table: quiz-analytics/learners, when: {field: no_such, above: 1}}"])
            let expected = "left out: alerts.rules, r: quiz-analytics/learners has no column no_such, but learner, "
            #expect(host.complained.contains(expected), "\(host.complained)")
        }

        @Test("a student who is erased is erased from what is stored of alerts")
        func erasure() throws {
            receiver.answer(503)
            let host = try host(rules: [Self.low])
            try send([quiz("ada-lovelace", 10, 1), quiz("bob", 10, 2)], to: host)
            let stored = "\(folder.path)/data/alerts/alerts.jsonl"
            #expect(
                try eventually(seconds: 60) {
                    (try? String(contentsOfFile: stored, encoding: .utf8))?.contains("bob") == true
                })
            #expect(try host.stop() == .code(0))
            #expect(try String(contentsOfFile: stored, encoding: .utf8).contains("ada-lovelace"))
            try run(
                Installation.lectern,
                ["erase", "--student", "ada-lovelace", "--data", "\(folder.path)/data"])
            let text = try String(contentsOfFile: stored, encoding: .utf8)
            #expect(!text.contains("ada-lovelace") && text.contains("bob"), "\(text)")
        }
    }
}
