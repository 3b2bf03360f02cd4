import Foundation
import Testing

extension IntegrationTests {
    @Suite("Publishing processed events")
    struct OutputTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }
        private static let file = [
            "outputs.feed.type=file", "outputs.feed.interval=20ms", "outputs.feed.part=100KiB",
            "outputs.feed.batch=300",
        ]
        private static let dedup = ["dedup.field=event_id", "dedup.retention=24h"]

        init() throws { folder = try TemporaryFolder() }

        private func host(_ settings: [String]) throws -> HostProcess {
            try HostProcess(data: data, settings: ["ingest.trust=loopback"] + settings)
        }

        private static func kafka(_ broker: KafkaBroker) -> [String] {
            [
                "outputs.bus.type=kafka", "outputs.bus.brokers=\(broker.address)", "outputs.bus.topic=events",
                "outputs.bus.interval=20ms", "outputs.bus.batch=300", "outputs.bus.timeout=2s", "outputs.bus.retries=1",
                "outputs.bus.backoff=20ms", "outputs.bus.retry=100ms",
            ]
        }

        /// The lines that an output has written, file after file.
        private func published(_ output: String = "feed") throws -> [String] {
            let events = "\(data)/outputs/\(output)/events"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: events)) ?? []
            return try names.sorted().flatMap { try lines(of: "\(events)/\($0)") }
        }

        /// An event as it is published, without its id.
        private struct Published: Hashable {
            let id: String
            let rest: String

            init(_ line: String) throws {
                let start = "{\"id\":\""
                guard line.hasPrefix(start),
                    let end = line.range(
                        of: "\",", range: line.index(line.startIndex, offsetBy: start.count)..<line.endIndex)
                else { throw Failure("not a published event: \(line)") }
                id = String(line[line.index(line.startIndex, offsetBy: start.count)..<end.lowerBound])
                rest = "{" + line[end.upperBound...]
            }
        }

        /// The log's events in the order of the log, each once: what comes again under the same id is left out.
        private func accepted() throws -> [String] {
            var seen: Set<String> = []
            return try run(Installation.lectern, ["log", "export", "--data", data]).split(separator: "\n").map(
                String.init
            )
            .filter { line in
                let object = try JSONRow.object(line)
                let payload = try #require(object["payload"] as? [String: Any])
                let (actor, type) = (object["actor"] as? String ?? "", object["type"] as? String ?? "")
                let id = try #require(payload["event_id"] as? String)
                return seen.insert("\(actor) \(type) \(id)").inserted
            }
        }

        /// A class's events, with one in four of them twice.
        private func classWithDuplicates(events: Int) throws -> (file: String, lines: Int) {
            let group = try SimulatedClass(events: events)
            var sent: [String] = []
            for (index, line) in try lines(of: group.file).enumerated() {
                sent.append(line)
                if index % 4 == 3 { sent.append(sent[sent.count - 1 - index % 7]) }
            }
            return (try folder.write("sent.jsonl", lines: sent), sent.count)
        }

        /// What a reader of rows has: the last row of each key, of all tables.
        private func rowsOfReader() throws -> [String: Set<String>] {
            var tables: [String: [[String]: String]] = [:]
            for line in try published("rows") {
                let object = try JSONRow.object(line)
                let table = try #require(object["table"] as? String)
                if object["all"] as? Bool == true {
                    tables[table] = [:]
                    continue
                }
                let row = try #require(object["row"] as? [String: Any] ?? object["gone"] as? [String: Any])
                let key = ["user_id", "window"].compactMap { row[$0] as? String }
                tables[table, default: [:]][key] = object["gone"] == nil ? Self.sorted(row) : nil
            }
            return tables.mapValues { Set($0.values) }
        }

        private static func sorted(_ row: [String: Any]) -> String {
            row.map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        }

        @Test(
            "who keeps the last row of each key has the tables, with corrections and windows that go, through crashes")
        func rows() throws {
            let plugins = try TemporaryFolder()
            try plugins.copy(Installation.plugin("event-aggregations"), to: "event-aggregations.so")
            let names = ["user_hourly_attempts", "system_5min_metrics"]
            let tables = names.map { "event-aggregations/\($0)" }
            let host = try HostProcess(
                data: data, plugins: plugins.path,
                settings: [
                    "ingest.trust=loopback", "outputs.rows.type=file", "outputs.rows.interval=20ms",
                    "outputs.rows.tables=[\(tables.joined(separator: ","))]",
                ])
            var generator = SeededGenerator(seed: 3)
            let attempts = Attempts(learners: 6, seconds: 40 * 86_400, every: 7_200)
            let file = try folder.write(
                "attempts.jsonl", lines: attempts.shuffled(within: 86_400, using: &generator).lines)
            let replay = try Replaying([file], to: host, ["--rate", "2000"])
            for point in [600, 1_500] {
                try replay.waitForAcknowledgement(of: point)
                host.crash()
                try host.restart()
            }
            #expect(try replay.finish().acknowledged == attempts.events.count)
            let folded = try Folding(log: data, plugins: plugins.path)()
            try host.expectStates(equal: folded)
            var expected: [String: Set<String>] = [:]
            for name in names {
                expected["event-aggregations/\(name)"] = Set(
                    try lines(of: "\(folded.folder.path)/tables/event-aggregations.\(name).jsonl")
                        .map { Self.sorted(try JSONRow.object($0)) })
            }
            #expect(try eventually(seconds: 30) { try rowsOfReader() == expected })
            let gone = try published("rows").filter { $0.contains(#""gone":"#) }
            #expect(!gone.isEmpty)
            #expect(try host.stop() == .code(0))
        }

        private func waitUntilPublished(_ output: String, _ host: HostProcess) throws {
            let isDone = try eventually(seconds: 60) {
                try host.metric("lectern_output_lag_messages{output=\"\(output)\"}") == 0
            }
            let told = try host.request("/readyz?verbose").body
            #expect(isDone, "\(told)")
        }

        @Test("killed again and again, files have each accepted event once, and Kafka at least once under the same id")
        func crashes() throws {
            let broker = try KafkaBroker(topics: ["events"])
            let (file, count) = try classWithDuplicates(events: 4_000)
            let host = try host(Self.file + Self.kafka(broker) + Self.dedup + ["log.segment=256KiB"])
            let replay = try Replaying(
                [file], to: host, ["--connections", "4", "--rate", "2500", "--window", "256"])
            var generator = SeededGenerator(seed: 5)
            for point in generator.points(6, in: 300..<(count - 500), gap: 400) {
                try replay.waitForAcknowledgement(of: point)
                usleep(UInt32.random(in: 0..<60_000, using: &generator))
                host.crash()
                try host.restart()
            }
            #expect(try replay.finish().acknowledged == count)
            try waitUntilPublished("feed", host)
            try waitUntilPublished("bus", host)
            #expect(try host.stop() == .code(0))

            let expected = try accepted()
            #expect(expected.count == 4_000)
            let lines = try published().map { try Published($0) }
            // Once each, with nothing changed, and in the order of the log, so in that of each actor.
            #expect(lines.map(\.rest) == expected)
            #expect(Set(lines.map(\.id)).count == lines.count)

            let messages = try broker.messages(of: "events")
            var first: [String: [Published]] = [:]
            var seen: Set<String> = []
            var places: [String: Set<Int>] = [:]
            for message in messages {
                let event = try Published(message.value)
                #expect(message.headers["id"] == event.id)
                let object = try JSONRow.object(event.rest)
                #expect(message.key == object["actor"] as? String)
                #expect(message.headers["type"] == object["type"] as? String)
                #expect(message.headers["position"] == (object["position"] as? Int).map(String.init))
                let key = try #require(message.key)
                places[key, default: []].insert(message.partition)
                if seen.insert(event.id).inserted { first[key, default: []].append(event) }
            }
            #expect(places.values.allSatisfy { $0.count == 1 })
            let inFiles = try Dictionary(grouping: lines) { try JSONRow.object($0.rest)["actor"] as? String ?? "" }
            #expect(first == inFiles)
        }

        @Test("while the cluster is away events are taken, other outputs go on, and what waits comes when it is back")
        func away() throws {
            let broker = try KafkaBroker(topics: ["events"])
            let group = try SimulatedClass(events: 6_000)
            let all = try lines(of: group.file)
            let host = try host(Self.file + Self.kafka(broker))
            #expect(
                try Replaying([folder.write("first.jsonl", lines: Array(all.prefix(1_000)))], to: host).finish()
                    .acknowledged == 1_000)
            try waitUntilPublished("bus", host)
            try broker.tell("down 1")
            #expect(
                try Replaying([folder.write("rest.jsonl", lines: Array(all.dropFirst(1_000)))], to: host).finish()
                    .acknowledged == 5_000)
            try waitUntilPublished("feed", host)
            #expect(try published().count == 6_000)
            #expect(
                try eventually(seconds: 60) { try host.metric("lectern_output_waiting{output=\"bus\"}") == 1 })
            #expect(try host.metric("lectern_output_waiting{output=\"feed\"}") == 0)
            #expect(try host.metric("lectern_output_lag_messages{output=\"bus\"}") >= 5_000)
            #expect(try host.metric("lectern_output_failures_total{output=\"bus\"}") > 1)
            let ready = try host.request("/readyz?verbose")
            #expect(ready.status == 200)
            #expect(ready.body.contains("[!] output bus: waits: Kafka, \(broker.address): "), "\(ready.body)")
            #expect(host.complained.contains("output bus: Kafka, \(broker.address): "), "\(host.complained)")

            try broker.tell("up 1")
            try waitUntilPublished("bus", host)
            #expect(try host.metric("lectern_output_waiting{output=\"bus\"}") == 0)
            #expect(try host.stop() == .code(0))
            let ids = try published().map { try Published($0).id }
            let messages = try broker.messages(of: "events")
            #expect(Set(messages.compactMap { $0.headers["id"] }) == Set(ids))
        }

        /// Of what a topic has under each id first: the ids, and the positions of each actor's events.
        private func firsts(_ messages: [KafkaBroker.Message]) -> (ids: Set<String>, positions: [String: [Int]]) {
            var ids: Set<String> = []
            var positions: [String: [Int]] = [:]
            for message in messages where ids.insert(message.headers["id"] ?? "").inserted {
                positions[message.key ?? "", default: []].append(Int(message.headers["position"] ?? "") ?? -1)
            }
            return (ids, positions)
        }

        @Test("a slow cluster that refuses requests gets each event, in the order of its actor")
        func errors() throws {
            let broker = try KafkaBroker(topics: ["events"])
            try broker.tell("rtt 100")
            // NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, REQUEST_TIMED_OUT, then what ends an idempotent producer.
            for code in [6, 19, 7, 45] { try broker.tell("errors 2 \(code)") }
            let group = try SimulatedClass(events: 1_500)
            let host = try host(Self.file + Self.kafka(broker))
            #expect(try Replaying([group.file], to: host).finish().acknowledged == 1_500)
            try waitUntilPublished("bus", host)
            try waitUntilPublished("feed", host)
            #expect(try host.stop() == .code(0))
            try broker.tell("rtt 0")
            let (seen, positions) = try firsts(broker.messages(of: "events"))
            let ids = try Set(published().map { try Published($0).id })
            #expect(seen == ids)
            #expect(positions.values.allSatisfy { $0 == $0.sorted() })
        }

        @Test("a cluster that does not answer in time gets each event when it does, in the order of its actor")
        func stalled() throws {
            let broker = try KafkaBroker(topics: ["events"])
            let group = try SimulatedClass(events: 3_000)
            let host = try host(
                Self.file + Self.kafka(broker) + ["outputs.bus.timeout=500ms", "outputs.bus.batch=100"])
            let replay = try Replaying([group.file], to: host, ["--rate", "2000", "--window", "256"])
            try replay.waitForAcknowledgement(of: 500)
            try broker.tell("rtt 4000")
            #expect(
                try eventually(seconds: 60) { try host.metric("lectern_output_failures_total{output=\"bus\"}") > 1 })
            try broker.tell("rtt 0")
            #expect(try replay.finish().acknowledged == 3_000)
            try waitUntilPublished("bus", host)
            try waitUntilPublished("feed", host)
            #expect(try host.stop() == .code(0))
            let (seen, positions) = try firsts(broker.messages(of: "events"))
            let ids = try Set(published().map { try Published($0).id })
            #expect(seen == ids)
            #expect(positions.values.allSatisfy { $0 == $0.sorted() })
        }

        @Test("what filter rules have routed goes to the route's topic, the rest to its type's or the usual one")
        func routes() throws {
            let broker = try KafkaBroker(topics: ["events", "review_events", "quiz_events"])
            let host = try host(
                Self.kafka(broker) + [
                    "outputs.bus.routes={review: review_events}",
                    "outputs.bus.topics={module_quiz_completed: quiz_events}",
                    "filters.rules=[{name: weak, when: {field: score, below: 50}, action: route, route: [nobody, review]}, "
                        + "{name: strong, when: {field: score, above: 90}, action: route, route: nobody}]",
                ])
            let scores = [10, 60, 95, 20]
            let lines =
                scores.enumerated().map { index, score in
                    #"{"event_type":"module_quiz_completed","user_id":"u\#(index)","domain":"dsa","module":"m","score":\#(score),"#
                        + #""time_taken":60,"timestamp":"2026-01-31T09:00:00Z"}"#
                } + [#"{"event_type":"user_login","user_id":"u9","timestamp":"2026-01-31T09:00:00Z"}"#]
            let file = try folder.write("events.jsonl", lines: lines)
            try run(Installation.lectern, ["replay", file, "--to", host.address])
            func keys(_ topic: String) throws -> Set<String> {
                Set(try broker.messages(of: topic).compactMap(\.key))
            }
            #expect(
                try eventually(seconds: 60) {
                    let counts = try ["events", "quiz_events", "review_events"].map { try keys($0).count }
                    return counts.reduce(0, +) == 5
                })
            #expect(try keys("review_events") == ["u0", "u3"])
            #expect(try keys("quiz_events") == ["u1", "u2"])
            #expect(try keys("events") == ["u9"])
        }

        @Test("each type goes to its topic; what has none is not published")
        func topics() throws {
            let broker = try KafkaBroker(topics: ["user_login_events", "module_quiz_events"])
            let group = try SimulatedClass(events: 800)
            let host = try host(
                Self.kafka(broker).filter { !$0.contains(".topic=") } + [
                    "outputs.bus.topics.user_login=user_login_events",
                    "outputs.bus.topics.module_quiz_completed=module_quiz_events",
                ])
            #expect(try Replaying([group.file], to: host).finish().acknowledged == 800)
            try waitUntilPublished("bus", host)
            #expect(try host.stop() == .code(0))
            let sent = try lines(of: group.file).map { try JSONRow.object($0)["event_type"] as? String ?? "" }
            for (type, topic) in [
                ("user_login", "user_login_events"), ("module_quiz_completed", "module_quiz_events"),
            ] {
                let messages = try broker.messages(of: topic)
                #expect(messages.allSatisfy { $0.headers["type"] == type })
                #expect(messages.count == sent.count { $0 == type })
                #expect(!messages.isEmpty)
            }
        }

        @Test("an output that is added later begins at the log's end, or with its first record if the settings say so")
        func addedLater() throws {
            let group = try SimulatedClass(events: 600)
            let all = try lines(of: group.file)
            let before = try host([])
            #expect(
                try Replaying([folder.write("first.jsonl", lines: Array(all.prefix(400)))], to: before).finish()
                    .acknowledged == 400)
            #expect(try before.stop() == .code(0))
            let host = try host(Self.file + ["outputs.whole.type=file", "outputs.whole.from=start"])
            // What it has not begun with before a crash it does not begin with after it either.
            host.crash()
            try host.restart()
            #expect(
                try Replaying([folder.write("rest.jsonl", lines: Array(all.dropFirst(400)))], to: host).finish()
                    .acknowledged == 200)
            try waitUntilPublished("feed", host)
            try waitUntilPublished("whole", host)
            #expect(try host.stop() == .code(0))
            #expect(try published("feed").count == 200)
            #expect(try published("whole").count == 600)
        }

        @Test("retention keeps what an output has not published")
        func retention() throws {
            let settings = ["log.segment=64KiB", "log.retention.age=1s", "log.retention.every=50ms"]
            let group = try SimulatedClass(events: 3_000)
            // Nobody listens there.
            let waiting = try host(
                settings + [
                    "outputs.feed.type=kafka", "outputs.feed.brokers=127.0.0.1:1", "outputs.feed.topic=events",
                    "outputs.feed.timeout=100ms", "outputs.feed.retries=0",
                ])
            #expect(try Replaying([group.file], to: waiting).finish().acknowledged == 3_000)
            #expect(try eventually(seconds: 60) { waiting.complained.contains("but output feed still needs it") })
            #expect(try waiting.stop() == .code(0))
            let host = try host(settings + Self.file)
            try waitUntilPublished("feed", host)
            #expect(
                try eventually(seconds: 60) {
                    try FileManager.default.contentsOfDirectory(atPath: "\(data)/log")
                        .count { $0.hasSuffix(".segment") } == 1
                })
            #expect(try host.stop() == .code(0))
            #expect(try published().count == 3_000)
        }

        @Test("an erased student has no line in the files; the lines of others stay, and new ones follow")
        func erasure() throws {
            let group = try SimulatedClass(events: 900, students: 5)
            let all = try lines(of: group.file)
            let host = try host(Self.file)
            let student = try #require(try JSONRow.object(all[0])["user_id"] as? String)
            #expect(
                try Replaying([folder.write("first.jsonl", lines: Array(all.prefix(700)))], to: host).finish()
                    .acknowledged == 700)
            try waitUntilPublished("feed", host)
            #expect(try host.stop() == .code(0))
            let before = try published()
            let others = try before.filter { try JSONRow.object($0)["actor"] as? String != student }
            #expect(others.count < 700 && others.count > 100)
            let printed = try run(
                Installation.lectern,
                ["erase", "--student", student, "--data", data] + Self.file.flatMap { ["--set", $0] })
            #expect(printed.contains("\"output feed\":\(700 - others.count)"), "\(printed)")
            #expect(try published() == others)
            try host.restart()
            #expect(
                try Replaying([folder.write("rest.jsonl", lines: Array(all.dropFirst(700)))], to: host).finish().events
                    == 200)
            try waitUntilPublished("feed", host)
            #expect(try host.stop() == .code(0))
            let after = try published()
            #expect(Array(after.prefix(others.count)) == others)
            #expect(after.count > others.count)
            #expect(try IdentitySearch(student).hits(in: "\(data)/outputs") == [])
        }
    }
}
