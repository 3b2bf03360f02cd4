import Foundation
import Testing

extension IntegrationTests {
    @Suite("Topics of other producers")
    struct TopicTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }

        init() throws { folder = try TemporaryFolder() }

        private func settings(_ broker: KafkaBroker, _ more: [String] = []) -> [String] {
            ["topics.brokers=[\(broker.address)]", "topics.read.class_events.type=class_event"] + more
        }

        /// Makes each line a message of the topic, and returns when the broker has them.
        private func write(_ lines: [String], _ broker: KafkaBroker) throws {
            let file = try folder.write("messages.jsonl", lines: lines)
            try broker.tell("write class_events \(file)")
        }

        private func exported() throws -> [[String: Any]] {
            try run(Installation.lectern, ["log", "export", "--data", data]).split(separator: "\n")
                .map { try JSONRow.object(String($0)) }
        }

        @Test("are folded as one uninterrupted fold of their messages would, though the host is killed while it reads")
        func crashes() throws {
            let group = try SimulatedClass(events: 12_000)
            let messages = try lines(of: group.file)
            let plugins = try TimelessPlugins()
            let broker = try KafkaBroker(topics: ["class_events"], partitions: 1)
            try KnownLog.prepare(folder, below: "data")
            let host = try HostProcess(
                data: data, plugins: plugins.path, settings: settings(broker, ["reduction.checkpoint=50ms"]))
            for part in stride(from: 0, to: messages.count, by: 2_000) {
                try write(Array(messages[part..<(part + 2_000)]), broker)
                let read = #"lectern_topic_messages_total{topic="class_events",partition="0"}"#
                #expect(try eventually(seconds: 30) { (try? host.metric(read)) ?? 0 > 0 })
                host.crash()
                try host.restart()
            }
            let events = try Folding(inputs: [group.file], plugins: plugins.path)()
            try host.expectStates(equal: events, seconds: 60)
            #expect(try host.stop() == .code(0))
            #expect(try exported().count == messages.count)
        }

        @Test("give each message once, whichever of their partitions it is in")
        func partitions() throws {
            let broker = try KafkaBroker(topics: ["class_events"], partitions: 4)
            let host = try HostProcess(data: data, settings: settings(broker))
            try write((0..<2_000).map { #"{"user_id":"u\#($0 % 50)","number":\#($0)}"# }, broker)
            #expect(try eventually(seconds: 30) { try exported().count >= 2_000 })
            #expect(try host.stop() == .code(0))
            let numbers = try exported().compactMap { ($0["payload"] as? [String: Any])?["number"] as? Int }
            #expect(numbers.sorted() == Array(0..<2_000))
        }

        @Test(
            "have events of the type that the settings say, unless they name their own; what is no event is a dead letter"
        )
        func types() throws {
            let broker = try KafkaBroker(topics: ["class_events"], partitions: 1)
            let host = try HostProcess(data: data, settings: settings(broker))
            try write(
                [
                    #"{"user_id":"ada","score":1}"#, #"{"user_id":"ada","event_type":"quiz"}"#, "garbage",
                    #"{"event":"lock_fields","fields":{"user_id":"eve"},"user_id":"bob"}"#,
                    #"{"event":"terminate","user_id":"bob"}"#, #"{"user_id":"bob","score":2}"#,
                ], broker)
            #expect(try eventually(seconds: 30) { try exported().count == 5 })
            #expect(try host.stop() == .code(0))
            let events = try exported()
            // What names no time was when its message was written.
            #expect(events.allSatisfy { $0["claimed"] as? Bool == true })
            let types = events.filter { $0["actor"] as? String == "ada" }.compactMap { $0["type"] as? String }
            #expect(types == ["class_event", "quiz"])
            let others = events.filter { $0["actor"] as? String == "bob" }.compactMap { $0["type"] as? String }
            #expect(others == ["lock_fields", "terminate", "class_event"])
            let letters = try run(Installation.lectern, ["dead-letters", "show", "1", "--data", data])
            #expect(letters.contains("garbage"))
            #expect(letters.contains("kafka/class_events/0"))
        }

        @Test("are read once their broker is there, and until then the host says what it waits for")
        func absence() throws {
            let broker = try KafkaBroker(topics: ["class_events"], partitions: 1)
            try write([#"{"user_id":"ada","score":1}"#], broker)
            try broker.tell("down 1")
            let host = try HostProcess(data: data, settings: settings(broker))
            #expect(
                try eventually(seconds: 30) { try host.request("/readyz?verbose").body.contains("topic class_events") })
            try broker.tell("up 1")
            #expect(try eventually(seconds: 60) { try exported().count == 1 })
            #expect(try eventually(seconds: 30) { try !host.request("/readyz?verbose").body.contains("class_events") })
            #expect(try host.stop() == .code(0))
        }

        @Test("are read on, each message once, when their partitions move to other brokers and requests are refused")
        func moves() throws {
            let broker = try KafkaBroker(topics: ["class_events"], partitions: 2, brokers: 3)
            let host = try HostProcess(data: data, settings: settings(broker))
            for round in 0..<6 {
                // UNKNOWN_SERVER_ERROR, NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT to what fetches.
                for code in [-1, 6, 7] { try broker.tell("errors 1 \(code) 1") }
                for partition in 0..<2 {
                    try broker.tell("leader class_events \(partition) \((round + partition) % 3 + 1)")
                }
                let numbers = (round * 200)..<(round * 200 + 200)
                try write(numbers.map { #"{"user_id":"u\#($0 % 50)","number":\#($0)}"# }, broker)
            }
            #expect(try eventually(seconds: 60) { try exported().count >= 1_200 })
            #expect(try host.stop() == .code(0))
            let numbers = try exported().compactMap { ($0["payload"] as? [String: Any])?["number"] as? Int }
            #expect(numbers.sorted() == Array(0..<1_200))
        }

        @Test("are shown with their partitions and how much is in them")
        func describe() throws {
            let broker = try KafkaBroker(topics: ["class_events"], partitions: 2)
            try write([#"{"user_id":"ada"}"#, #"{"user_id":"bob"}"#, #"{"user_id":"eve"}"#], broker)
            let lines = try run(
                Installation.lectern,
                ["topics", "describe", "--json"] + settings(broker).flatMap { ["--set", $0] }
            ).split(separator: "\n")
            #expect(
                lines == [
                    #"{"first":0,"next":2,"partition":0,"topic":"class_events","type":"class_event"}"#,
                    #"{"first":0,"next":1,"partition":1,"topic":"class_events","type":"class_event"}"#,
                ])
        }
    }
}
