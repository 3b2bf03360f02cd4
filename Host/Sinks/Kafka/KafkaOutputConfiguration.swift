package import Kafka
package import Settings

/// The settings of an output into topics of a Kafka cluster, `type: kafka`.
package struct KafkaOutputConfiguration: Sendable {
    package enum Compression: String, Sendable, CaseIterable { case none, gzip, snappy, lz4, zstd }

    /// `brokers`: `HOST:PORT`, one or more, to ask for all others.
    package var brokers: [String] = []
    /// `topic`: where events go whose type is not in `topics`; nil: they are not published.
    package var topic: String?
    /// `topics`: the topic of each event type.
    package var topics: [String: String] = [:]
    /// `routes`: the topic of each route that filter rules give events; it goes before the type's. Of several routes, the first
    /// that has one counts.
    package var routes: [String: String] = [:]
    /// `compression`: of what is sent.
    package var compression = Compression.lz4
    /// `timeout`: an attempt has failed when the brokers have confirmed nothing for so long.
    package var timeout = Duration.seconds(30)
    /// `options`: settings of librdkafka, such as those for TLS and SASL, by their names.
    package var options = KafkaOptions()

    package init() {}

    /// Reads what such an output has of its own. Mistakes are noted in the reader, librdkafka's own among them.
    package init(_ reader: SettingsReader) {
        brokers = reader.strings("brokers")
        if brokers.isEmpty {
            reader.problem("brokers", found: "none", expected: "HOST:PORT, one or more, such as [kafka:9092]")
        }
        topic = reader.string("topic", default: nil as String?)
        if let topic { TopicName.check(topic, "topic", reader) }
        topics = Self.topics(reader.section("topics"))
        routes = Self.topics(reader.section("routes"))
        if topic == nil, topics.isEmpty, routes.isEmpty {
            reader.problem(
                "topic", found: "neither topic nor topics nor routes", expected: "a topic, or topics: {TYPE: TOPIC}")
        }
        compression = reader.choice("compression", default: compression)
        timeout = reader.duration("timeout", default: timeout, in: .milliseconds(100) ... .seconds(3600))
        options = KafkaOptions(reader.section("options"), taken: Self.taken)
    }

    private static func topics(_ reader: SettingsReader) -> [String: String] {
        var topics: [String: String] = [:]
        for name in reader.keys {
            let topic = reader.string(name)
            TopicName.check(topic, name, reader)
            topics[name] = topic
        }
        return topics
    }

    /// What the guarantees rest on, or what others of this section say.
    private static let taken: [String: String] = [
        "compression.type": "`compression` says it", "compression.codec": "`compression` says it",
        "enable.idempotence": "it is always true", "acks": "it is always all",
        "request.required.acks": "it is always all",
        "message.timeout.ms": "`timeout` says it", "delivery.timeout.ms": "`timeout` says it",
        "transactional.id": "there are no transactions",
        "partitioner": "it is always murmur2, as of Kafka's own clients",
        "queue.buffering.max.messages": "`batch` says it", "queue.buffering.max.kbytes": "`buffer` says it",
    ]
}
