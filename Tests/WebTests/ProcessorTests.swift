import Foundation
import Testing
import Web

/// What is told of the processing of events.
struct ProcessorTests {
    private func aggregates(_ query: String) async throws -> (status: Int, body: String) {
        try await TestServer.run { server in
            let answer = try await server.request("GET", "/processor/aggregation?\(query)")
            return (answer.status, answer.body)
        }
    }

    @Test(arguments: [
        "quiz.user-hourly", "quiz.user_hourly", "user_hourly", "user-hourly",
    ])
    func aComponentIsFoundUnderEachOfItsNames(_ name: String) async throws {
        let (status, body) = try await aggregates("aggregator=\(name)&key=user:123&limit=1")
        #expect(status == 200)
        #expect(
            body == """
                {"aggregator":"quiz.user-hourly","kind":"reducer","aggregates":[{"key":"actor:123,window:2026-11-21T10%3A00%3A00Z",\
                "window":"2026-11-21T10:00:00Z","value":{"attempts":10}}],\
                "next":"/processor/aggregation?after=actor%3A123%2Cwindow%3A2026-11-21T10%253A00%253A00Z&aggregator=\(name)\
                &key=user%3A123&limit=1"}
                """)
    }

    @Test func fromAndToChooseByWhenAWindowBegan() async throws {
        let (_, body) = try await aggregates(
            "aggregator=user-hourly&key=actor:123&from=2026-11-21T11:00:00Z&to=2026-11-21T12:00:00Z")
        #expect(body.contains(#""value":{"attempts":11}"#))
        #expect(!body.contains(#"{"attempts":10}"#) && !body.contains(#"{"attempts":12}"#))
        let (_, rest) = try await aggregates("aggregator=user-hourly&from=2026-11-21T11:00:00Z")
        #expect(rest.contains(#"{"attempts":11}"#) && rest.contains(#"{"attempts":12}"#))
    }

    @Test func theNextPageGoesOnBehindTheOneBefore() async throws {
        try await TestServer.run { server in
            var target: String? = "/processor/aggregation?aggregator=user-hourly&key=user:123&limit=2"
            var found: [Int] = []
            while let next = target {
                let answer = try await server.request("GET", next)
                let page = try #require(
                    try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
                let aggregates = page["aggregates"] as? [[String: Any]] ?? []
                found += aggregates.compactMap { ($0["value"] as? [String: Int])?["attempts"] }
                target = page["next"] as? String
            }
            #expect(found == [10, 11, 12])
        }
    }

    @Test func aTableIsAnAggregatorTooAndItsUsersAreFound() async throws {
        let (status, body) = try await aggregates("aggregator=quiz.students&key=user:bob")
        #expect(status == 200)
        #expect(
            body == #"{"aggregator":"quiz.students","kind":"table","aggregates":[{"value":{"student":"bob","score":40,"#
                + #""module":"module 2"}}],"next":null}"#)
    }

    @Test(arguments: [
        (
            "", 400,
            "Say which with aggregator=PLUGIN.COMPONENT. There are: course.students, quiz.attempts, quiz.students"
        ),
        ("aggregator=nobody", 404, "There are: course.students, quiz.attempts, quiz.students, quiz.user-hourly."),
        ("aggregator=students", 400, "Say course.students or quiz.students."),
        ("aggregator=attempts&key=user", 400, "expected NAME:VALUE"),
        ("aggregator=attempts&key=module:m", 400, #"quiz.attempts has no \"module\" in its key, but actor."#),
        ("aggregator=attempts&key=a:%25zz", 400, "expected NAME:VALUE"),
        ("aggregator=attempts&from=2026-11-21T11:00:00Z", 400, "quiz.attempts has no windows"),
        ("aggregator=quiz.students&to=2026-11-21T11:00:00Z", 400, "quiz.students has no windows"),
        ("aggregator=user-hourly&from=soon", 400, "from=soon: expected a time such as"),
        ("aggregator=user-hourly&from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", 400, "from lies behind to"),
        ("aggregator=user-hourly&limit=0", 400, "expected a whole number from 1 to 1000"),
    ])
    func whatCanNotBeAnsweredSaysWhy(_ query: String, _ status: Int, _ reason: String) async throws {
        let answer = try await aggregates(query)
        #expect(answer.status == status)
        #expect(answer.body.contains(reason), "\(answer.body)")
    }

    @Test func theStatusTellsOfWorkersQueueStoresAndOutputs() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("GET", "/processor/status")
            #expect(answer.status == 200)
            let status = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
            #expect(status["status"] as? String == "degraded")
            #expect(status["enabled"] as? Bool == true)
            #expect((status["queue"] as? [String: Any])?["depth"] as? Int == 7)
            let worker = try #require((status["workers"] as? [[String: Any]])?.first)
            #expect(worker["name"] as? String == "quiz")
            #expect(worker["lag_messages"] as? Int == 7)
            let shards = worker["shards"] as? [[String: Double]] ?? []
            #expect(shards.compactMap { $0["utilization_percent"] } == [25, 50])
            let stores = status["stores"] as? [[String: Any]] ?? []
            #expect(stores.map { $0["connected"] as? Bool } == [true, false])
            let output = try #require((status["outputs"] as? [[String: Any]])?.first)
            #expect(output["state"] as? String == "waiting")
            #expect(output["problem"] as? String == "no <broker> answers")
        }
    }

    @Test func theFiguresHaveTheNamesThatTheyAreAskedBy() async throws {
        try await TestServer.run { server in
            let text = try await server.request("GET", "/metrics/processor").body
            for line in [
                "events_processed_total 10", "events_filtered_total 2",
                #"events_deduplicated_total{kind="natural"} 3"#, #"events_deduplicated_total{kind="synthetic"} 1"#,
                #"processing_duration_seconds_bucket{worker="quiz",le="0.1"} 6"#,
                #"processing_duration_seconds_bucket{worker="quiz",le="1.0"} 9"#,
                #"processing_duration_seconds_bucket{worker="quiz",le="+Inf"} 10"#,
                #"processing_duration_seconds_sum{worker="quiz"} 4.5"#,
                #"processing_duration_seconds_count{worker="quiz"} 10"#,
                #"worker_utilization_percent{worker="quiz",shard="1"} 50"#, "queue_depth 7",
            ] {
                #expect(text.contains("\n\(line)\n"), "\(line) in \(text)")
            }
            #expect(!text.contains("\nenrichment_cache_hit_ratio "))
        }
    }

    @Test func theStartPageShowsWhereEventsGoAndWhatIsAway() async throws {
        try await TestServer.run { server in
            let page = try await server.request("GET", "/", headers: ["Accept": "text/html"]).body
            #expect(page.contains(#"<h2 id="outputs">Outputs</h2>"#))
            #expect(page.contains("no &lt;broker&gt; answers"))
            #expect(page.contains("7 events, 12 s"))
            #expect(
                page.contains(
                    #"data-tone="warn"><span class="shape" aria-hidden="true"></span><span class="word">waiting"#))
            #expect(page.contains("it is away"))
        }
    }
}
