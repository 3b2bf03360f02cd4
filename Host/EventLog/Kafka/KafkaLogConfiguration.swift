package import Kafka
import Settings

/// The section `log.kafka`: the log is a topic of a Kafka cluster, which only hosts of this log write.
///
///     log:
///       kafka:
///         brokers: [kafka-1:9092, kafka-2:9092]
///         topic: lectern
package struct KafkaLogConfiguration: Sendable, Equatable {
    /// `brokers`: `HOST:PORT`, one or more, to ask for all others.
    package var brokers: [String]
    /// `topic`.
    package var topic = "lectern"
    /// `group`: hosts with the same topic and group share its partitions, each of which one of them folds; nil: this host folds
    /// all.
    package var group: String?
    /// `timeout`: how long opening and closing the log wait for the brokers. In between, the log waits as long as it takes.
    package var timeout = Duration.seconds(30)
    /// `options`: settings of librdkafka, such as those for TLS, SASL and compression, by their names.
    package var options = KafkaOptions()
    /// `sealing`: what students send is sealed, so that they can be erased; nil: it is not.
    package var sealing: SealingConfiguration?

    package init(brokers: [String]) { self.brokers = brokers }

    /// From `kafka://HOST:PORT[,HOST:PORT…]/TOPIC`; nil if the text begins otherwise.
    ///
    /// - Throws: `settings` if the rest is something else.
    package init?(url: String, options: KafkaOptions? = nil, sealing: SealingConfiguration? = nil) throws {
        let scheme = "kafka://"
        guard url.hasPrefix(scheme) else { return nil }
        let parts = url.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, TopicName.isValid(String(parts[1])) else {
            throw LogError(.settings, "\(url): kafka://HOST:PORT[,HOST:PORT…]/TOPIC expected")
        }
        brokers = parts[0].split(separator: ",").map(String.init)
        topic = String(parts[1])
        self.options = options ?? KafkaOptions()
        self.sealing = sealing
    }

    /// Reads the section. Mistakes are noted in the reader, librdkafka's own among them.
    init(_ reader: SettingsReader) {
        brokers = reader.strings("brokers", default: [])
        topic = reader.string("topic", default: topic)
        TopicName.check(topic, "topic", reader)
        if reader.has("group") { group = reader.string("group") }
        if group == "" {
            reader.problem("group", found: "an empty text", expected: "a name for the hosts that share the log")
        }
        timeout = reader.duration("timeout", default: timeout, in: Self.timeoutRange)
        options = KafkaOptions(reader.section("options"), taken: Self.taken)
        if reader.has("sealing") { sealing = SealingConfiguration(reader.section("sealing")) }
        if brokers.isEmpty {
            reader.problem("brokers", found: "none", expected: "HOST:PORT, one or more, such as [kafka:9092]")
        }
        reader.finish()
    }

    static let timeoutRange = Duration.milliseconds(100) ... .seconds(3600)

    /// How the log is called in messages to the operator.
    package var name: String { "log.kafka: \(place)" }

    /// Which topic it is.
    var place: String { "topic \(topic) of \(brokers.joined(separator: ", "))" }

    private static let taken: [String: String] = [
        "enable.idempotence": "without it, records could come twice or in another order",
        "enable.gapless.guarantee": "a record that is missing must not be passed over",
        "acks": "a record is durable when all replicas in sync have it",
        "message.timeout.ms": "the log waits for the brokers as long as it takes",
        "retries": "the log waits for the brokers as long as it takes",
        "message.send.max.retries": "the log waits for the brokers as long as it takes",
        "delivery.report.only.error": "the log needs no other",
        "queue.buffering.max.messages": "`log.buffer` is the limit",
        "queue.buffering.max.kbytes": "`log.buffer` is the limit",
        "partitioner": "the log's own partition function, murmur2, is fixed",
        "transactional.id": "there are no transactions", "group.id": "`log.kafka.group` says it",
        "partition.assignment.strategy": "partitions change hands one by one",
        "auto.offset.reset": "a record that is gone must not be passed over unseen",
        "enable.auto.commit": "positions are in checkpoints",
        "enable.auto.offset.store": "positions are in checkpoints", "enable.partition.eof": "nobody asks for it",
        "allow.auto.create.topics": "the topic must have its partitions from the start",
    ]

    /// What producers and consumers of the log share.
    var ownOptions: [(String, String)] {
        [("bootstrap.servers", brokers.joined(separator: ",")), ("allow.auto.create.topics", "false")]
    }
}
