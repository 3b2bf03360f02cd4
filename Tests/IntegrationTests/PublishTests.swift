import Foundation
import Testing

extension IntegrationTests {
    @Suite("Events by HTTP")
    struct PublishTests {
        private let folder: TemporaryFolder
        private let host: HostProcess

        init() throws {
            folder = try TemporaryFolder()
            host = try HostProcess(data: folder.path)
        }

        private func attempts() throws -> Int {
            try host.sum(of: "total_quiz_attempts", in: "quiz-analytics/user_engagement")
        }

        @Test("the curl line of the platform's own guide works as printed")
        func curl() throws {
            let printed = #"""
                curl -X POST http://localhost:3001/api/events/quiz \
                  -H "Content-Type: application/json" \
                  -d '{
                    "user_id": "test_user",
                    "domain": "dsa",
                    "module": "dsa-arrays",
                    "score": 85,
                    "time_taken": 300
                  }'
                """#
            // The port alone is another, so that the test needs none that someone uses.
            let command = printed.replacingOccurrences(of: ":3001", with: ":\(host.port)")
            try run("sh", ["-c", command + " --fail --max-time 20"])
            let isCounted = try eventually {
                let row = try host.rows(of: "quiz-analytics/quiz_analytics").first {
                    $0["user_id"] as? String == "test_user"
                }
                return row?["module"] as? String == "dsa-arrays" && row?["average_score"] as? Double == 85
            }
            #expect(isCounted)
        }

        @Test(
            "lines, an array, one event, and all of it compressed",
            arguments: [
                ("application/x-ndjson", false), ("application/x-ndjson", true), ("application/json", false),
                ("application/json", true),
            ])
        func bodies(type: String, isCompressed: Bool) throws {
            let events = (1...500).map { number in
                #"{"event_type":"module_quiz_completed","user_id":"s\#(number % 9)","domain":"dsa","module":"m","score":50}"#
            }
            let isLines = type.hasSuffix("ndjson")
            let body = isLines ? events.joined(separator: "\n") : "[" + events.joined(separator: ",") + "]"
            var file = try folder.write("body", body.utf8)
            var options = ["-X", "POST", "-H", "Content-Type: \(type)"]
            if isCompressed {
                try run("gzip", [file])
                file += ".gz"
                options += ["-H", "Content-Encoding: gzip"]
            }
            let answer = try host.request("/api/v1/events", options + ["--data-binary", "@\(file)"])
            #expect(answer.status == 200 || answer.status == 202, "\(answer)")
            #expect(try eventually { try attempts() == 500 })
        }

        @Test("an event that does not fit its address is told which field is wrong, and is kept")
        func unfit() throws {
            let event = #"{"user_id":"a","domain":"d","module":"m","score":"85"}"#
            let answer = try host.request("/api/events/quiz", ["-d", event])
            let reason = #"score: found the text "85", expected a number from 0 to 100"#
            #expect(answer.status == 400)
            let rejected = try JSONRow.object(answer.body)["rejected"] as? [[String: Any]]
            #expect(rejected?.map { $0["reason"] as? String } == [reason])
            let letters = try run(Installation.lectern, ["dead-letters", "list", "--data", folder.path, "--json"])
            #expect(try JSONRow.object(letters)["reason"] as? String == reason)
            #expect(try JSONRow.object(letters)["code"] as? String == "unfit")
        }

        @Test("a bad event among good ones is told, kept, and stops nothing")
        func badEvent() throws {
            let body = try folder.write(
                "body",
                lines: [
                    #"{"event_type":"module_quiz_completed","user_id":"a","domain":"d","module":"m","score":50}"#,
                    #"{"event_type":"module_quiz_completed","user_id":"a","#,
                    #"{"event_type":"module_quiz_completed","user_id":"a","domain":"d","module":"m","score":60}"#,
                ])
            let options = ["-X", "POST", "-H", "Content-Type: application/x-ndjson", "--data-binary", "@\(body)"]
            let answer = try host.request("/api/v1/events", options)
            let reply = try JSONRow.object(answer.body)
            #expect(reply["accepted"] as? Int == 2)
            #expect((reply["rejected"] as? [[String: Any]])?.map { $0["index"] as? Int } == [1])
            #expect(try eventually { try attempts() == 2 })
            #expect(try host.metric("lectern_dead_letters_total{stage=\"decode\"}") == 1)
        }
    }
}
