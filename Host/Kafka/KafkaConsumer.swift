package import CKafka

/// A consumer of librdkafka that is told which partitions to read, and from where. Not thread-safe.
package final class KafkaConsumer {
    private let raw: OpaquePointer
    private let messages = UnsafeMutablePointer<lectern_kafka_message>.allocate(capacity: KafkaConsumer.limit)
    private static let limit = 1024

    /// How long a broker may take to answer a question, in milliseconds.
    private let patience: Int32

    /// - Parameters:
    ///   - defaults: settings that operators' `options` win over.
    ///   - own: settings that win over those.
    package init(
        _ options: KafkaOptions, defaults: [(String, String)], own: [(String, String)], patience: Int32 = 5_000
    ) throws(KafkaError) {
        var failure = ""
        let made = options.withList(defaults: defaults, own: own) { list, count in
            withReason(&failure) { lectern_kafka_consumer_open(list, count, $0, $1) }
        }
        guard let made else { throw KafkaError("librdkafka does not take the settings: \(failure)") }
        raw = made
        self.patience = patience
        messages.initialize(repeating: lectern_kafka_message(), count: Self.limit)
    }

    deinit {
        messages.deallocate()
        lectern_kafka_consumer_close(raw)
    }

    /// What librdkafka has said last of a broker; empty: nothing.
    package var trouble: String { String(cString: lectern_kafka_consumer_trouble(raw)) }

    package func partitions(of topic: String) throws(KafkaError) -> Int {
        var failure = ""
        let count = withReason(&failure) { lectern_kafka_consumer_partitions(raw, topic, patience, $0, $1) }
        guard count >= 0 else { throw KafkaError("topic \(topic): \(failure)\(because)") }
        return Int(count)
    }

    /// The first and the next offset of each partition.
    package func ends(_ topic: String, _ partitions: Range<Int>) throws(KafkaError) -> [Range<Int64>] {
        var failure = ""
        var first = [Int64](repeating: 0, count: partitions.count)
        var next = first
        let result = withReason(&failure) {
            lectern_kafka_consumer_ends(
                raw, topic, Int32(partitions.lowerBound), partitions.count, patience, &first, &next, $0, $1)
        }
        guard result == 0 else { throw KafkaError("topic \(topic): \(failure)\(because)") }
        return zip(first, next).map { $0..<max($0, $1) }
    }

    /// The first and the next offset of a partition.
    package func ends(_ topic: String, _ partition: Int) throws(KafkaError) -> Range<Int64> {
        try ends(topic, partition..<partition + 1)[0]
    }

    /// The next offset of a partition as far as it is known without asking; nil: it is not.
    package func next(_ topic: String, _ partition: Int) -> Int64? {
        let next = lectern_kafka_consumer_next(raw, topic, Int32(partition))
        return next < 0 ? nil : next
    }

    package func add(_ topic: String, _ partition: Int, from offset: Int64) throws(KafkaError) {
        var failure = ""
        let result = withReason(&failure) {
            lectern_kafka_consumer_add(raw, topic, Int32(partition), offset, $0, $1)
        }
        guard result == 0 else { throw KafkaError("topic \(topic), partition \(partition): \(failure)") }
    }

    package func remove(_ topic: String, _ partition: Int) {
        lectern_kafka_consumer_remove(raw, topic, Int32(partition))
    }

    package func commit(_ topic: String, _ partition: Int, next offset: Int64) {
        lectern_kafka_consumer_commit(raw, topic, Int32(partition), offset)
    }

    /// Waits for messages for up to so many milliseconds. They are borrowed until the next read.
    package func read(milliseconds: Int32) -> UnsafeBufferPointer<lectern_kafka_message> {
        let count = lectern_kafka_consumer_read(raw, messages, Self.limit, milliseconds)
        return UnsafeBufferPointer(start: messages, count: count)
    }

    private var because: String { trouble.isEmpty ? "" : "; librdkafka said last: \(trouble)" }
}

/// What a cluster, or librdkafka, refuses: for the operator.
package struct KafkaError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
