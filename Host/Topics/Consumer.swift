import CKafka
import Kafka
import Records

/// A consumer of librdkafka. Not thread-safe.
package final class Consumer {
    /// A message, or what is wrong with a partition. Borrowed until the next read.
    struct Message {
        let topic: String
        let partition: Int
        let offset: Int64
        let value: UnsafeRawBufferPointer
        /// When it was written: microseconds since 1970 UTC; nil: nobody says it.
        let time: Int64?
        let problem: String?
    }

    private let raw: OpaquePointer
    private let messages = UnsafeMutablePointer<lectern_kafka_message>.allocate(capacity: Consumer.limit)
    private static let limit = 1024

    /// How long a broker may take to answer a question, in milliseconds.
    private static let patience: Int32 = 5_000

    package init(_ configuration: TopicsConfiguration) throws(TopicsError) {
        var failure = ""
        let made = configuration.options.withList(
            defaults: [("client.id", "lectern")],
            own: [
                ("bootstrap.servers", configuration.brokers.joined(separator: ",")), ("group.id", configuration.group),
                ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                // A partition whose next message is gone goes on with the first that is there.
                ("auto.offset.reset", "earliest"), ("allow.auto.create.topics", "false"),
                ("queued.max.messages.kbytes", "\(max(configuration.buffer >> 10, 1))"),
                ("fetch.error.backoff.ms", "100"),
            ]
        ) { list, count in withReason(&failure) { lectern_kafka_consumer_open(list, count, $0, $1) } }
        guard let made else { throw TopicsError("topics: librdkafka does not take the settings: \(failure)") }
        raw = made
        messages.initialize(repeating: lectern_kafka_message(), count: Self.limit)
    }

    deinit {
        messages.deallocate()
        lectern_kafka_consumer_close(raw)
    }

    /// What librdkafka has said last of a broker; empty: nothing.
    package var trouble: String { String(cString: lectern_kafka_consumer_trouble(raw)) }

    package func partitions(of topic: String) throws(TopicsError) -> Int {
        var failure = ""
        let count = withReason(&failure) {
            lectern_kafka_consumer_partitions(raw, topic, Self.patience, $0, $1)
        }
        guard count >= 0 else { throw TopicsError("topic \(topic): \(failure)\(because)") }
        return Int(count)
    }

    /// The first and the next offset of a partition.
    package func ends(_ topic: String, _ partition: Int) throws(TopicsError) -> Range<Int64> {
        var failure = ""
        var first: Int64 = 0
        var next: Int64 = 0
        let result = withReason(&failure) {
            lectern_kafka_consumer_ends(raw, topic, Int32(partition), Self.patience, &first, &next, $0, $1)
        }
        guard result == 0 else { throw TopicsError("topic \(topic), partition \(partition): \(failure)\(because)") }
        return first..<max(first, next)
    }

    /// The next offset of a partition as far as it is known without asking; nil: it is not.
    func next(_ topic: String, _ partition: Int) -> Int64? {
        let next = lectern_kafka_consumer_next(raw, topic, Int32(partition))
        return next < 0 ? nil : next
    }

    func add(_ topic: String, _ partition: Int, from offset: Int64) throws(TopicsError) {
        var failure = ""
        let result = withReason(&failure) {
            lectern_kafka_consumer_add(raw, topic, Int32(partition), offset, $0, $1)
        }
        guard result == 0 else { throw TopicsError("topic \(topic), partition \(partition): \(failure)") }
    }

    func remove(_ topic: String, _ partition: Int) { lectern_kafka_consumer_remove(raw, topic, Int32(partition)) }

    func commit(_ topic: String, _ partition: Int, next offset: Int64) {
        lectern_kafka_consumer_commit(raw, topic, Int32(partition), offset)
    }

    /// Waits for messages for up to so many milliseconds.
    func read(milliseconds: Int32) -> [Message] {
        let count = lectern_kafka_consumer_read(raw, messages, Self.limit, milliseconds)
        return (0..<count).map { index in
            let message = messages[index]
            return Message(
                topic: String(cString: message.topic), partition: Int(message.partition), offset: message.offset,
                value: UnsafeRawBufferPointer(start: message.value, count: message.length),
                time: message.time > 0 && message.time < Int64.max / 1000 ? message.time * 1000 : nil,
                problem: message.problem.map { String(cString: $0) })
        }
    }

    private var because: String { trouble.isEmpty ? "" : "; librdkafka said last: \(trouble)" }
}

/// What is wrong with topics, for the operator.
package struct TopicsError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
