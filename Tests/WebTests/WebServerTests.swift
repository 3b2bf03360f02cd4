import EventLog
import Foundation
import Glibc
import Ingest
import PluginHost
import Testing
import Web

/// Pages and the API, over real connections.
struct WebServerTests {
    @Test func textFromEventsNeverBecomesMarkup() async throws {
        try await TestServer.run { server in
            let attack = #"<script>alert(1)</script>"><img src=x onerror='alert(2)'>&amp;"#
            server.tables.set(
                Quiz.students, Quiz.studentColumns, [[.text(attack), .number(1), .text(attack)]])
            let page = try await server.request("GET", "/dashboards/quiz/class?module=\"><script>")
            #expect(page.status == 200)
            #expect(!page.body.contains("<script>"))
            #expect(!page.body.contains("<img"))
            #expect(!page.body.contains("onerror='"))
            #expect(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=&#39;"))
            #expect(page.body.contains("Class &amp; &lt;co&gt;"))
            #expect(page.headers["content-security-policy"]?.contains("script-src 'self'") == true)
            #expect(page.headers["x-content-type-options"] == "nosniff")
        }
    }

    @Test func everyPageIsWhole() async throws {
        try await TestServer.run { server in
            for target in ["/", "/dashboards", "/dashboards/quiz/class", "/login"] {
                let page = try await server.request("GET", target)
                #expect(page.status == 200, "\(target)")
                #expect(page.body.hasPrefix("<!doctype html>"))
                #expect(page.body.contains("</html>"))
                #expect(page.body.contains("href=\"#main\""))
                for part in page.body.matches(of: /(?:src|href|data-charts)="(\/assets\/[^"]+)"/) {
                    let asset = try await server.request("GET", String(part.1))
                    #expect(asset.status == 200 || part.1.contains("chart.js"), "\(part.1)")
                    #expect(asset.status != 200 || asset.headers["cache-control"]?.contains("immutable") == true)
                }
                #expect(!page.body.contains("style=\""))
                #expect(!page.body.replacing("http://127.0.0.1", with: "").contains("http://"))
            }
        }
    }

    @Test func withoutScriptsThePageHasTheData() async throws {
        try await TestServer.run { server in
            let page = try await server.request("GET", "/dashboards/quiz/class").body
            #expect(page.contains("<p class=\"figure\">4</p>"))
            #expect(page.contains("<span class=\"name\">bob</span><span class=\"value\">40%</span>"))
            #expect(page.contains("<span class=\"word\">needs help</span>"))
            #expect(page.contains("2026-11-21 01:00:00"))
            let one = try await server.request("GET", "/dashboards/quiz/class?module=module+10").body
            #expect(one.contains("<p class=\"figure\">1</p>"))
            #expect(one.contains("<option value=\"module 10\" selected>"))
        }
    }

    @Test func anEmptyDashboardSaysWhatToDo() async throws {
        try await TestServer.run { server in
            server.tables.set(Quiz.students, Quiz.studentColumns, [])
            server.tables.set(Quiz.attempts, Quiz.attemptColumns, [])
            let page = try await server.request("GET", "/dashboards/quiz/class").body
            #expect(page.contains("data-empty=\"yes\""))
            #expect(page.contains("<code>lectern simulate --to http://127.0.0.1:\(server.port)</code>"))
        }
    }

    @Test(arguments: [
        ("/dashboards/none/class", 404), ("/dashboards/quiz/none", 404), ("/nowhere", 404),
        ("/assets/../Package.swift", 404),
        ("/assets/none.css", 404), ("/api/v1/tables/quiz/none", 404), ("/api/v1/tables/quiz/attempts?limit=0", 400),
        ("/api/v1/states/none/x", 404),
    ])
    func mistakesAreToldAsJSONOrAsAPage(_ target: String, _ status: Int) async throws {
        try await TestServer.run { server in
            let json = try await server.request("GET", target)
            #expect(json.status == status)
            #expect(json.body.hasPrefix(#"{"error":{"code":""#))
            let page = try await server.request("GET", target, headers: ["Accept": "text/html,*/*"])
            #expect(page.status == status)
            #expect(page.body.hasPrefix("<!doctype html>"))
        }
    }

    @Test func otherSitesAreNotAnswered() async throws {
        try await TestServer.run { server in
            for (headers, status) in [
                (["Host": "evil.example"], 421), (["Origin": "https://evil.example"], 403), (["Origin": "null"], 403),
                (["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"], 403),
                (["Origin": "http://127.0.0.1:\(server.port)"], 200),
            ] {
                for target in ["/", "/livez", "/assets/style.css", "/api/v1/plugins"] {
                    let answer = try await server.request("GET", target, headers: headers)
                    #expect(answer.status == status, "\(headers) \(target)")
                }
            }
        }
    }

    @Test func tablesComeInPages() async throws {
        try await TestServer.run { server in
            struct Page: Decodable {
                struct Row: Decodable {
                    let id: Int, student: String, score: Double?, at: String
                }
                let rows: [Row], next: String?
            }
            var target: String? = "/api/v1/tables/quiz/attempts?limit=3"
            var rows: [Page.Row] = []
            while let next = target {
                let answer = try await server.request("GET", next)
                #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
                let page = try JSONDecoder().decode(Page.self, from: Data(answer.body.utf8))
                rows += page.rows
                target = page.next
                // A row that goes between two pages must not cost another one.
                if target != nil {
                    server.tables.set(Quiz.attempts, Quiz.attemptColumns, Array(Quiz.attemptRows.dropFirst()))
                }
            }
            #expect(rows.map(\.id) == [1, 2, 3, 4])
            #expect(rows[3].score == nil)
            #expect(rows[0].at == "2026-11-21T01:00:00Z")
        }
    }

    @Test func statesComeInPages() async throws {
        try await TestServer.run { server in
            let first = try await server.request("GET", "/api/v1/states/quiz/attempts?limit=3")
            #expect(first.body.hasPrefix(#"{"states":[{"key":"actor:ada","state":{"n":1}},"#))
            #expect(first.body.hasSuffix(#""next":"/api/v1/states/quiz/attempts?after=actor%3Acyd&limit=3"}"#))
            let second = try await server.request("GET", "/api/v1/states/quiz/attempts?after=actor%3Acyd&limit=3")
            #expect(second.body == #"{"states":[{"key":"actor:dan","state":{"n":1}}],"next":null}"#)
            let one = try await server.request("GET", "/api/v1/states/quiz/attempts?actor=bob")
            #expect(one.body == #"{"states":[{"key":"actor:bob","state":{"n":1}}],"next":null}"#)
        }
    }

    @Test func pluginsAreListed() async throws {
        try await TestServer.run { server in
            let body = try await server.request("GET", "/api/v1/plugins").body
            #expect(body.contains(#""id":"quiz","version":"1.0""#))
            #expect(body.contains(#""dashboards":["class"]"#))
            #expect(body.contains(#""refused":["old.so refused: abi"]"#))
            let reason = "version 1.3.0 found, settings pin 1.2.0"
            #expect(
                body.contains(#""off":[{"id":"edx","version":"1.3.0","build":"ab","reason":"\#(reason)"}]"#))
            let page = try await server.request("GET", "/").body
            #expect(page.contains(#"<th scope="row">edx</th><td>1.3.0</td><td>\#(reason)</td>"#))
        }
    }

    @Test func eventsArePosted() async throws {
        try await TestServer.run(ingest: { $0.trust = .loopback }) { server in
            let one = try await server.request(
                "POST", "/api/events/quiz", headers: ["Content-Type": "application/json"],
                body: #"{"user_id":"ada","domain":"dsa","module":"dsa-arrays","score":85}"#)
            #expect(one.status == 200)
            #expect(one.body == #"{"accepted":1,"duplicates":0,"rejected":[]}"#)
            let several = try await server.request(
                "POST", "/api/v1/events",
                body: "{\"event\":\"x\",\"user_id\":\"ada\"}\n{\"event\":\"x\",\"user_id\":\"bob\"}\nno")
            #expect(several.body.hasPrefix(#"{"accepted":2,"duplicates":0,"rejected":[{"index":2,"#))
            #expect(try await server.request("POST", "/api/events/none", body: "{}").status == 404)
            #expect(server.log.nextPositions.reduce(0, +) >= 3)
        }
    }

    @Test func aBodyThatIsTooLargeIsRefused() async throws {
        try await TestServer.run(ingest: { $0.bodyBytes = 1024 }) { server in
            let answer = try await server.request("POST", "/api/v1/events", body: String(repeating: " ", count: 2000))
            #expect(answer.status == 413)
            #expect(answer.body.contains("too-large"))
        }
    }

    @Test func deadLettersAreTheOperators() async throws {
        try await TestServer.run { server in
            #expect(try await server.request("POST", "/api/v1/events", body: "no json").status == 400)
            #expect(try await server.request("GET", "/api/v1/dead-letters").status == 401)
            let headers = ["Authorization": "Bearer \(server.tokens[.operator]!)"]
            let answer = try await server.request("GET", "/api/v1/dead-letters?limit=1", headers: headers)
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""stage":"decode""#))
            #expect(answer.body.contains(#""text":"no json""#))
        }
    }

    @Test func eventsAreTheOperators() async throws {
        try await TestServer.run(ingest: { $0.trust = .loopback }) { server in
            let lines = (0..<25).map { number in
                #"{"event":"\#(number % 2 == 0 ? "even" : "odd")","user_id":"u\#(number % 5)","n":\#(number)}"#
            }
            let posted = try await server.request("POST", "/api/v1/events", body: "[\(lines.joined(separator: ","))]")
            #expect(posted.status == 200)
            #expect(try await server.request("GET", "/api/v1/events").status == 401)
            let headers = ["Authorization": "Bearer \(server.tokens[.operator]!)"]
            func numbers(_ query: String) async throws -> [Int] {
                var found: [Int] = []
                var target: String? = "/api/v1/events?limit=4&" + query
                while let next = target {
                    let answer = try await server.request("GET", next, headers: headers)
                    #expect(answer.status == 200, "\(answer.body)")
                    let page = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
                    let events = page?["events"] as? [[String: Any]] ?? []
                    #expect(events.count <= 4)
                    found += events.compactMap { ($0["payload"] as? [String: Any])?["n"] as? Int }
                    target = page?["next"] as? String
                }
                return found
            }
            #expect(try await numbers("") == Array(0..<25))
            #expect(try await numbers("actor=u3") == [3, 8, 13, 18, 23])
            #expect(try await numbers("type=odd&actor=u3") == [3, 13, 23])
            #expect(try await numbers("session=1").count == 25)
            #expect(try await numbers("session=2").isEmpty)
            #expect(try await numbers("to=2001-01-01T00:00:00Z").isEmpty)
            #expect(try await numbers("from=2001-01-01T00:00:00Z").count == 25)
            for wrong in ["from=noon", "session=x", "after=1", "limit=0"] {
                #expect(
                    try await server.request("GET", "/api/v1/events?\(wrong)", headers: headers).status == 400,
                    "\(wrong)")
            }
        }
    }

    @Test func healthIsTold() async throws {
        try await TestServer.run { server in
            #expect(try await server.request("GET", "/livez").body == "ok\n")
            #expect(try await server.request("GET", "/readyz").body == "ready\n")
            server.readiness.add("disk") { "no space" }
            let answer = try await server.request("GET", "/readyz?verbose")
            #expect(answer.status == 503)
            #expect(answer.body.contains("[-] disk: no space\n"))
            #expect(answer.body.contains("[+] draining: ok\n"))
            let metrics = try await server.request("GET", "/metrics")
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.body.contains("# TYPE lectern_dashboard_streams gauge\nlectern_dashboard_streams 0\n"))
            #expect(metrics.body.contains("lectern_ingest_events_total"))
        }
    }

    @Test func whoIsAboutToStopIsNotReady() async throws {
        try await TestServer.run({ $0.drain = .seconds(1) }) { server in
            try await server.connect { client in
                server.stop()
                var answer = try client.request("GET", "/readyz")
                for _ in 0..<30 where answer.status == 200 {
                    usleep(20_000)
                    answer = try client.request("GET", "/readyz")
                }
                #expect(answer.status == 503)
                #expect(answer.body.contains("draining: the host is about to stop"))
                #expect(try TestClient(port: server.port).request("GET", "/livez").status == 200)
            }
        }
    }

    @Test func tokensOpenThePages() async throws {
        try await TestServer.run({ $0.authentication = .tokens }) { server in
            #expect(try await server.request("GET", "/api/v1/plugins").status == 401)
            let browser = ["Accept": "text/html"]
            let sent = try await server.request("GET", "/dashboards?x=1", headers: browser)
            #expect(sent.status == 303)
            #expect(sent.headers["location"] == "/login?next=%2Fdashboards%3Fx%3D1")

            let wrong = try await server.request("POST", "/login", headers: browser, body: "token=wrong&next=%2F")
            #expect(wrong.status == 403)
            let token = server.tokens[.viewer]!
            let right = try await server.request("POST", "/login", body: "next=%2Fdashboards%3Fx%3D1&token=\(token)")
            #expect(right.status == 303)
            #expect(right.headers["location"] == "/dashboards?x=1")
            let cookie = try #require(right.headers["set-cookie"])
            #expect(cookie.contains("HttpOnly"))
            #expect(cookie.contains("SameSite=Strict"))
            let headers = ["Cookie": String(cookie.prefix { $0 != ";" })]
            #expect(try await server.request("GET", "/dashboards", headers: headers).status == 200)
            #expect(try await server.request("GET", "/api/v1/dead-letters", headers: headers).status == 403)
            let elsewhere = try await server.request("POST", "/login", body: "next=%2F%2Fevil.example&token=\(token)")
            #expect(elsewhere.headers["location"] == "/")
            for open in ["/livez", "/readyz", "/login", "/assets/style.css"] {
                #expect(try await server.request("GET", open).status == 200)
            }
        }
    }

    /// Some clients ask for HTTP/2 with every request and take HTTP/1.1 for an answer.
    @Test func anUpgradeThatIsNotMadeIsAnswered() async throws {
        try await TestServer.run(ingest: { $0.trust = .loopback }) { server in
            try await server.connect { client in
                let upgrade = ["Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABk"]
                let answer = try client.request(
                    "POST", "/api/v1/events", headers: upgrade, body: #"{"event":"x","user_id":"ada"}"#)
                #expect(answer.status == 200)
                #expect(try client.isEnded())
            }
            try await server.connect { client in
                #expect(try client.request("GET", "/livez").status == 200)
                let answer = try client.request("GET", "/livez", headers: ["Connection": "Upgrade", "Upgrade": "x"])
                #expect(answer.status == 200)
                #expect(try client.isEnded())
            }
        }
    }

    @Test(arguments: ["GET / HTTP/9.9\r\n\r\n", "no http at all\r\n\r\n", "GET /\u{0} HTTP/1.1\r\n\r\n"])
    func whatIsNoHTTPIsRefused(_ text: String) async throws {
        try await TestServer.run { server in
            try await server.connect { client in
                try client.send(text)
                let answer = try? client.answerHead()
                #expect(answer == nil || answer!.status == 400)
            }
        }
    }

    @Test func aConnectionThatSaysNothingIsClosed() async throws {
        try await TestServer.run({ $0.idle = .milliseconds(300) }) { server in
            let isEnded = try await server.connect { try $0.isEnded() }
            #expect(isEnded)
            try await server.connect { client in
                _ = try client.request("GET", "/livez")
                #expect(try client.isEnded())
            }
        }
    }
}
