import CKafka
import Glibc

/// Makes topics of a Kafka cluster. Its calls wait for the cluster. Not thread-safe.
package final class KafkaAdmin {
    /// A topic that is to be made.
    package struct Topic: Sendable {
        package let name: String
        package let partitions: Int
        /// On how many brokers each partition is; nil: as the cluster's default is.
        package let replication: Int?
        /// The topic's own settings, such as `retention.ms`.
        package let settings: [(name: String, value: String)]

        package init(
            name: String, partitions: Int, replication: Int? = nil, settings: [(name: String, value: String)] = []
        ) {
            self.name = name
            self.partitions = partitions
            self.replication = replication
            self.settings = settings
        }
    }

    package enum Creation: Sendable, Equatable {
        case created
        /// There was one of that name already; nothing was changed.
        case existed(partitions: Int)
    }

    private let raw: OpaquePointer
    private let brokers: String

    /// How long the cluster may take for an answer, in milliseconds.
    private static let patience: Int32 = 30_000

    package init(brokers: [String], options: KafkaOptions) throws(KafkaError) {
        self.brokers = brokers.joined(separator: ",")
        let own = [("bootstrap.servers", self.brokers), ("allow.auto.create.topics", "false")]
        var failure = ""
        let made = options.withList(defaults: [("client.id", "lectern")], own: own) { list, count in
            withReason(&failure) { lectern_kafka_admin_open(list, count, $0, $1) }
        }
        guard let made else { throw KafkaError("librdkafka does not take the settings: \(failure)") }
        raw = made
    }

    deinit { lectern_kafka_admin_close(raw) }

    /// Makes a topic, and returns when all its partitions can be written and read.
    package func create(_ topic: Topic) throws(KafkaError) -> Creation {
        var failure = ""
        switch request(topic, &failure) {
        case LECTERN_KAFKA_CREATED:
            try waitUntilLed(topic)
            return .created
        case LECTERN_KAFKA_EXISTS:
            return .existed(partitions: try partitions(of: topic.name).all)
        case LECTERN_KAFKA_UNSUPPORTED:
            throw KafkaError(
                "topic \(topic.name): the cluster at \(brokers) takes no requests for new topics (\(failure)): make it with "
                    + "\(topic.partitions) partitions by the cluster's own means")
        default:
            throw KafkaError(
                "topic \(topic.name): the cluster at \(brokers) did not make it: \(failure)\(because)")
        }
    }

    private func request(_ topic: Topic, _ failure: inout String) -> lectern_kafka_creation {
        let texts = topic.settings.map { (strdup($0.name), strdup($0.value)) }
        defer {
            for (name, value) in texts {
                free(name)
                free(value)
            }
        }
        let settings = texts.map { lectern_kafka_option(name: $0, value: $1) }
        return settings.withUnsafeBufferPointer { settings in
            topic.name.withCString { name in
                var wanted = lectern_kafka_new_topic(
                    name: name, partitions: Int32(clamping: topic.partitions),
                    replication: topic.replication.map { Int32(clamping: $0) } ?? -1, settings: settings.baseAddress,
                    setting_count: settings.count)
                return withReason(&failure) { lectern_kafka_admin_create(raw, &wanted, Self.patience, $0, $1) }
            }
        }
    }

    /// A topic's partitions, none if there is no such topic, and how many of them have a leader.
    private func partitions(of topic: String) throws(KafkaError) -> (all: Int, led: Int) {
        var failure = ""
        var led: Int32 = 0
        let all = withReason(&failure) { lectern_kafka_admin_partitions(raw, topic, Self.patience, &led, $0, $1) }
        guard all >= 0 else { throw KafkaError("topic \(topic): \(failure)\(because)") }
        return (Int(all), Int(led))
    }

    /// The controller answers before all brokers know the topic.
    private func waitUntilLed(_ topic: Topic) throws(KafkaError) {
        let end = ContinuousClock.now + .milliseconds(Int(Self.patience))
        while true {
            let led = try partitions(of: topic.name).led
            if led >= topic.partitions { return }
            guard ContinuousClock.now < end else {
                throw KafkaError(
                    "topic \(topic.name): it was made, but \(led) of its \(topic.partitions) partitions have a leader after "
                        + "30 s: look whether all brokers run")
            }
            usleep(50_000)
        }
    }

    private var because: String {
        let trouble = String(cString: lectern_kafka_admin_trouble(raw))
        return trouble.isEmpty ? "" : "; librdkafka said last: \(trouble)"
    }
}
