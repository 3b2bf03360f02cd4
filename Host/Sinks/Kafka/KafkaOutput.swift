import CKafka
import Kafka
package import Records
import Settings

/// Publishes events into topics of a Kafka cluster: keyed by their actors, each with its id, type and position as headers. Not
/// thread-safe; one thread uses librdkafka, and it says all that it has to say within these calls.
///
/// A batch is confirmed when every broker that has to has it. Otherwise the producer is thrown away with what it has not sent,
/// and the next attempt sends all of the batch again, so that, of what a reader sees first, an actor's events are in order.
package final class KafkaOutput: EventOutput {
    private let configuration: KafkaOutputConfiguration
    /// Events of the largest batch.
    private let limit: Int
    private var producer: OpaquePointer?
    private var topics: [String: [CChar]] = [:]
    private let topic: [CChar]?
    private let routes: KafkaRoutes?

    /// - Parameter limit: events of the largest batch.
    package init(_ configuration: KafkaOutputConfiguration, limit: Int) {
        self.configuration = configuration
        self.limit = limit
        topic = configuration.topic.map { Array($0.utf8CString) }
        topics = configuration.topics.mapValues { Array($0.utf8CString) }
        routes = configuration.routes.isEmpty ? nil : KafkaRoutes(configuration.routes)
    }

    deinit { close() }

    package var progress: [String: Int] { [:] }

    package func open(_ progress: [String: Int]?, report: (String) -> Void) throws(OutputError) {
        // Says which settings contradict each other, and which certificates can't be read.
        try connect()
    }

    private func connect() throws(OutputError) {
        var failure = ""
        producer = configuration.options.withList(
            defaults: [
                ("client.id", "lectern"), ("linger.ms", "5"),
                // The brokers say how long an event may be, and they are asked.
                ("message.max.bytes", "1000000000"),
                // A batch has its own limits, and is not copied.
                ("queue.buffering.max.messages", "\(limit + 1)"), ("queue.buffering.max.kbytes", "2147483647"),
            ],
            own: [
                ("bootstrap.servers", configuration.brokers.joined(separator: ",")),
                ("enable.idempotence", "true"), ("acks", "all"), ("partitioner", "murmur2_random"),
                ("compression.type", configuration.compression.rawValue),
                // It gives up when the publisher does: whatever is given up is sent again, in order.
                ("message.timeout.ms", "0"),
            ]
        ) { list, count in withReason(&failure) { lectern_kafka_open(list, count, $0, $1) } }
        if producer == nil { throw OutputError("Kafka: librdkafka does not take the settings: \(failure)") }
    }

    /// What librdkafka has to say of brokers piles up unless somebody listens.
    package func idle() { if let producer { _ = lectern_kafka_wait(producer, 0) } }

    package func publish(_ batch: EventBatch, isOver: () -> Bool) throws(OutputError) {
        if producer == nil { try connect() }
        guard let producer else { return }
        var isConfirmed = false
        defer { if !isConfirmed { close() } }
        for event in batch.events {
            guard let topic = routes?.topic(batch.changes(event)) ?? topic(of: batch.type(event)) else { continue }
            try produce(event, of: batch, to: topic, producer)
        }
        try wait(producer, isOver)
        isConfirmed = true
    }

    private func topic(of type: UnsafeRawBufferPointer) -> [CChar]? {
        topics.isEmpty ? topic : topics[String(decoding: type, as: UTF8.self)] ?? topic
    }

    private func produce(
        _ event: EventBatch.Event, of batch: EventBatch, to topic: [CChar], _ producer: OpaquePointer
    ) throws(OutputError) {
        let (line, actor, id, type) = (batch.line(event), batch.actor(event), batch.id(event), batch.type(event))
        var failure = ""
        let code = topic.withUnsafeBufferPointer { topic in
            var new = lectern_kafka_event()
            new.topic = topic.baseAddress
            if !actor.isEmpty { (new.key, new.key_length) = (actor.baseAddress, actor.count) }
            // Without the line feed.
            (new.value, new.value_length) = (line.baseAddress, line.count - 1)
            (new.id, new.id_length) = (id.baseAddress, id.count)
            (new.type, new.type_length) = (type.baseAddress, type.count)
            new.partition = UInt32(event.partition)
            new.position = event.position
            return withReason(&failure) { lectern_kafka_produce(producer, &new, $0, $1) }
        }
        if code != 0 { throw OutputError("Kafka: event \(String(decoding: id, as: UTF8.self)): \(failure)") }
    }

    /// Waits until all events are confirmed.
    private func wait(_ producer: OpaquePointer, _ isOver: () -> Bool) throws(OutputError) {
        var left = lectern_kafka_wait(producer, 0)
        var deadline = MonotonicClock.microseconds + configuration.timeout.microseconds
        while true {
            let failure = String(cString: lectern_kafka_failure(producer))
            if !failure.isEmpty { throw OutputError("Kafka: \(failure)\(trouble(producer))") }
            if left == 0 { return }
            if isOver() { throw OutputError("Kafka: the host ends") }
            let now = MonotonicClock.microseconds
            if now > deadline {
                throw OutputError(
                    "Kafka, \(configuration.brokers.joined(separator: ", ")): \(left) events were not confirmed for "
                        + "\(configuration.timeout)\(trouble(producer))")
            }
            let next = lectern_kafka_wait(producer, 20)
            if next < left { deadline = now + configuration.timeout.microseconds }
            left = next
        }
    }

    private func trouble(_ producer: OpaquePointer) -> String {
        let text = String(cString: lectern_kafka_trouble(producer))
        return text.isEmpty ? "" : "; librdkafka said last: \(text)"
    }

    package func close() {
        if let producer { lectern_kafka_close(producer) }
        producer = nil
    }
}
