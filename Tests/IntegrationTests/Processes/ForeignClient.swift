import Foundation

/// Kafka clients that nobody of this project wrote: kcat, and the package confluent-kafka under the scripts in
/// `Tests/ForeignClients`.
enum ForeignClient {
    /// Where a message is in its topic.
    struct Place: Hashable {
        let partition: Int
        let offset: Int
    }

    /// Makes each line of a file a message, and says for each line where it has come to be.
    static func produceByConfluent(_ file: String, _ topic: String, _ broker: KafkaBroker) throws -> [Place] {
        let printed = try python("produce.py", [broker.address, topic, file])
        var places: [Int: Place] = [:]
        for line in printed.split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 3 else { throw Failure("not a place: \(line)") }
            places[numbers[0]] = Place(partition: numbers[1], offset: numbers[2])
        }
        return try (0..<places.count).map { number in
            guard let place = places[number] else { throw Failure("line \(number) has no place") }
            return place
        }
    }

    /// The messages of a topic that are new to a group.
    static func consumeByConfluent(
        _ topic: String, _ broker: KafkaBroker, group: String
    ) throws -> [KafkaBroker.Message] {
        try python("consume.py", [broker.address, topic, group]).split(separator: "\n").map { line in
            let object = try JSONRow.object(String(line))
            guard let headers = object["headers"] as? [String: String] else { throw Failure("not a message: \(line)") }
            return try message(object, headers, object["value"])
        }
    }

    private static func python(_ script: String, _ arguments: [String]) throws -> String {
        try run(
            "\(Installation.repository)/.build/python/bin/python3",
            ["\(Installation.repository)/Tests/ForeignClients/\(script)"] + arguments, seconds: 120)
    }

    /// Makes each line of a file, `KEY TAB VALUE`, a message.
    static func produceByKcat(_ file: String, _ topic: String, _ broker: KafkaBroker) throws {
        try run(
            "kcat",
            [
                "-P", "-b", broker.address, "-t", topic, "-l", file, "-K", "\t", "-z", "lz4", "-H", "source=kcat", "-X",
                "partitioner=murmur2_random", "-X", "message.timeout.ms=30000",
            ])
    }

    /// All messages of a topic.
    static func consumeByKcat(_ topic: String, _ broker: KafkaBroker) throws -> [KafkaBroker.Message] {
        let printed = try run("kcat", ["-C", "-b", broker.address, "-t", topic, "-o", "beginning", "-e", "-q", "-J"])
        return try printed.split(separator: "\n").map { line in
            let object = try JSONRow.object(String(line))
            // Names and values in turn.
            let words = object["headers"] as? [String] ?? []
            let pairs = stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
            return try message(object, Dictionary(pairs) { first, _ in first }, object["payload"])
        }
    }

    private static func message(
        _ object: [String: Any], _ headers: [String: String], _ value: Any?
    ) throws -> KafkaBroker.Message {
        guard let partition = object["partition"] as? Int, let offset = object["offset"] as? Int,
            let value = value as? String
        else { throw Failure("not a message: \(object)") }
        return KafkaBroker.Message(
            partition: partition, offset: offset, key: object["key"] as? String, headers: headers, value: value)
    }
}
