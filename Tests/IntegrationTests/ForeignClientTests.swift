import Foundation
import Testing

extension IntegrationTests {
    @Suite("Kafka clients of others")
    struct ForeignClientTests {
        private let folder: TemporaryFolder
        private let plugins: TimelessPlugins
        private let group: SimulatedClass
        private var data: String { "\(folder.path)/data" }

        /// Where the host keeps its log: its clients don't see the difference.
        enum Log: String, CaseIterable, CustomTestStringConvertible {
            case embedded, kafka
            var testDescription: String { rawValue }
        }

        init() throws {
            folder = try TemporaryFolder()
            plugins = try TimelessPlugins()
            group = try SimulatedClass(events: 4_000)
            try KnownLog.prepare(folder, below: "data")
        }

        // MARK: producers

        private static let garbage: [[UInt8]] = [
            Array("garbage".utf8), Array("[1,2]".utf8), Array(#"{"user_id":"ada""#.utf8), Array("42".utf8),
            [0xFF, 0xFE, 0x01], Array(repeating: UInt8(ascii: "x"), count: 100_000),
        ]

        /// The class's events, with garbage among them.
        private func messages() throws -> [(bytes: [UInt8], isGarbage: Bool)] {
            var messages = try lines(of: group.file).map { (bytes: Array($0.utf8), isGarbage: false) }
            for (index, bytes) in Self.garbage.enumerated() { messages.insert((bytes, true), at: index * 700) }
            return messages
        }

        private func cluster() throws -> KafkaBroker {
            try KafkaBroker(topics: ["lectern", "class_events", "events"], partitions: 16)
        }

        private func host(_ log: Log, in broker: KafkaBroker, _ settings: [String]) throws -> HostProcess {
            let place = log == .kafka ? ["log.kafka.brokers=[\(broker.address)]"] : []
            return try HostProcess(data: data, plugins: plugins.path, settings: place + settings)
        }

        private func host(_ log: Log, reading broker: KafkaBroker) throws -> HostProcess {
            try host(
                log, in: broker,
                ["topics.brokers=[\(broker.address)]", "topics.read.class_events.type=class_event"])
        }

        /// What became of a message that is no event.
        private struct Letter: Hashable {
            let client: String
            let sequence: Int
            let original: [UInt8]
        }

        private func letters() throws -> Set<Letter> {
            let printed = try run(Installation.lectern, ["dead-letters", "list", "--json", "--data", data])
            return try Set(
                printed.split(separator: "\n").map { line in
                    let object = try JSONRow.object(String(line))
                    return Letter(
                        client: try #require(object["client"] as? String),
                        sequence: try #require(object["sequence"] as? Int),
                        original: Array(try #require(Data(base64Encoded: object["original"] as? String ?? ""))))
                })
        }

        /// Expects that the events were folded, and that each garbage is a dead letter that says where it was.
        private func expectRead(_ host: HostProcess, garbage: [(place: ForeignClient.Place, bytes: [UInt8])]) throws {
            try host.expectStates(equal: Folding(inputs: [group.file], plugins: plugins.path)(), seconds: 60)
            let expected = Set(
                garbage.map {
                    Letter(
                        client: "kafka/class_events/\($0.place.partition)", sequence: $0.place.offset + 1,
                        original: $0.bytes)
                })
            #expect(expected.count == Self.garbage.count)
            #expect(try eventually(seconds: 30) { try letters() == expected })
            #expect(try host.stop() == .code(0))
        }

        @Test(
            "confluent-kafka's messages are folded, in every compression; garbage is a dead letter that says its place",
            .enabled(if: Tool.confluentKafka.isExpected, Tool.confluentKafka.comment), arguments: Log.allCases)
        func confluentProduces(log: Log) throws {
            let broker = try cluster()
            let host = try host(log, reading: broker)
            let messages = try messages()
            let file = try folder.write("messages", messages.flatMap { $0.bytes + [10] })
            let places = try ForeignClient.produceByConfluent(file, "class_events", broker)
            #expect(Set(places.map(\.partition)).count > 4)
            try expectRead(
                host, garbage: zip(places, messages).filter(\.1.isGarbage).map { (place: $0, bytes: $1.bytes) })
        }

        @Test(
            "kcat's messages are folded; garbage is a dead letter that says its place",
            .enabled(if: Tool.kcat.isExpected, Tool.kcat.comment), arguments: Log.allCases)
        func kcatProduces(log: Log) throws {
            let broker = try cluster()
            let host = try host(log, reading: broker)
            var lines: [UInt8] = []
            for message in try messages() {
                let event = message.isGarbage ? [:] : try JSONRow.object(String(decoding: message.bytes, as: UTF8.self))
                lines += Array("\(event["user_id"] as? String ?? "garbage")\t".utf8) + message.bytes + [10]
            }
            try ForeignClient.produceByKcat(folder.write("messages", lines), "class_events", broker)
            let places = try kcatPlaces(ofKey: "garbage", broker)
            // One key, so one partition, whose order is that of the lines.
            try expectRead(host, garbage: zip(places, Self.garbage).map { (place: $0, bytes: $1) })
        }

        private func kcatPlaces(ofKey key: String, _ broker: KafkaBroker) throws -> [ForeignClient.Place] {
            let printed = try run(
                "kcat", ["-C", "-b", broker.address, "-t", "class_events", "-e", "-q", "-f", "%k %p %o\n"])
            return try printed.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard words.count == 3 else { throw Failure("not a place: \(line)") }
                guard words[0] == key, let partition = Int(words[1]), let offset = Int(words[2]) else { return nil }
                return ForeignClient.Place(partition: partition, offset: offset)
            }
        }

        // MARK: readers

        /// A class's events, and one of nobody.
        private func sent() throws -> [String] { try lines(of: group.file) + [#"{"event_type":"nobody"}"#] }

        /// A cluster with a topic to which a host has published what was sent to it.
        private func published(_ log: Log = .embedded) throws -> KafkaBroker {
            let broker = try cluster()
            let host = try host(
                log, in: broker,
                [
                    "ingest.trust=loopback", "outputs.bus.type=kafka", "outputs.bus.brokers=\(broker.address)",
                    "outputs.bus.topic=events", "outputs.bus.interval=20ms",
                ])
            let file = try folder.write("sent.jsonl", lines: sent())
            #expect(try Replaying([file], to: host).finish().acknowledged == 4_001)
            #expect(
                try eventually(seconds: 60) { try host.metric("lectern_output_lag_messages{output=\"bus\"}") == 0 })
            #expect(try host.stop() == .code(0))
            return broker
        }

        /// Expects of messages what the guide says of them: each event once, under its actor and its headers.
        private func expectPublished(_ messages: [KafkaBroker.Message]) throws {
            var found: [String] = []
            for message in messages {
                let event = try JSONRow.object(message.value)
                let number = { (name: String) in (event[name] as? Int).map(String.init) }
                #expect(message.headers["id"] == event["id"] as? String)
                #expect(message.headers["type"] == event["type"] as? String)
                #expect(message.headers["partition"] == number("partition"))
                #expect(message.headers["position"] == number("position"))
                #expect(message.headers.count == 4)
                #expect(message.key == event["actor"] as? String)
                let payload = try #require(message.value.range(of: #","payload":"#))
                found.append(String(message.value[payload.upperBound...].dropLast()))
            }
            #expect(messages.count { $0.key == nil } == 1)
            #expect(try found.sorted() == sent().sorted())
        }

        @Test(
            "kcat reads an output's events, each under its actor and with its headers",
            .enabled(if: Tool.kcat.isExpected, Tool.kcat.comment), arguments: Log.allCases)
        func kcatReads(log: Log) throws {
            try expectPublished(ForeignClient.consumeByKcat("events", published(log)))
        }

        @Test(
            "a group of confluent-kafka reads an output's events once, each under its actor and with its headers",
            .enabled(if: Tool.confluentKafka.isExpected, Tool.confluentKafka.comment), arguments: Log.allCases)
        func confluentReads(log: Log) throws {
            let broker = try published(log)
            let messages = try ForeignClient.consumeByConfluent("events", broker, group: "readers")
            try expectPublished(messages)
            #expect(try ForeignClient.consumeByConfluent("events", broker, group: "readers").isEmpty)
        }

        @Test(
            "an actor's events are in the partition that confluent-kafka's producer would take for that key",
            .enabled(if: Tool.confluentKafka.isExpected, Tool.confluentKafka.comment))
        func partitions() throws {
            let broker = try published()
            let messages = try broker.messages(of: "events").filter { $0.key != nil }
            let keys = Set(messages.compactMap(\.key)).sorted()
            let file = try folder.write("keys.jsonl", lines: keys.map { #"{"user_id":"\#($0)"}"# })
            let places = try ForeignClient.produceByConfluent(file, "class_events", broker)
            let partitions = Dictionary(uniqueKeysWithValues: zip(keys, places.map(\.partition)))
            #expect(keys.count == 30 && Set(partitions.values).count > 1)
            #expect(messages.allSatisfy { $0.partition == partitions[$0.key ?? ""] })
        }
    }
}
