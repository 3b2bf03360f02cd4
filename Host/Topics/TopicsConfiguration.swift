package import Kafka
package import Settings

/// The section `topics`: topics of a Kafka cluster whose messages are events.
///
///     topics:
///       brokers: [kafka:9092]
///       read:
///         user_login_events: {type: user_login}
///         module_quiz_events: {type: module_quiz_completed}
package struct TopicsConfiguration: Sendable, Equatable {
    /// Where to begin with a partition of which nothing has been read.
    package enum Beginning: String, Sendable, CaseIterable { case earliest, latest }

    /// A topic that is read.
    package struct Topic: Sendable, Equatable {
        package let name: String
        /// `type`: of messages that name none; the topic's own name if it is not said.
        package let type: String
    }

    /// `brokers`: `HOST:PORT`, one or more, to ask for all others.
    package var brokers: [String] = []
    /// `group`: the group in whose name it is committed what is durable here, for tools that show who lags.
    package var group = "lectern"
    /// `from`.
    package var beginning = Beginning.earliest
    /// `buffer`: bytes that may have come from the brokers and not been taken yet.
    package var buffer = 16 << 20
    /// `read`: in the order of their names.
    package var topics: [Topic] = []
    /// `options`: settings of librdkafka, such as those for TLS and SASL, by their names.
    package var options = KafkaOptions()

    package init() {}

    /// Reads the section. Mistakes are noted in the reader, librdkafka's own among them.
    package init(_ reader: SettingsReader) {
        brokers = reader.strings("brokers", default: [])
        group = reader.string("group", default: group)
        beginning = reader.choice("from", default: beginning)
        buffer = reader.size("buffer", default: buffer, in: (1 << 20)...(1 << 30))
        let read = reader.section("read")
        for (name, section) in read.sections() {
            TopicName.check(name, name, read)
            let topic = Topic(name: name, type: section.string("type", default: name))
            section.finish()
            topics.append(topic)
        }
        topics.sort { $0.name < $1.name }
        if !topics.isEmpty, brokers.isEmpty {
            reader.problem("brokers", found: "none", expected: "HOST:PORT, one or more, such as [kafka:9092]")
        }
        if group.isEmpty { reader.problem("group", found: "an empty text", expected: "the name of a group") }
        options = KafkaOptions(reader.section("options"), taken: Self.taken)
        reader.finish()
    }

    private static let taken: [String: String] = [
        "group.id": "`group` says it", "auto.offset.reset": "`from` says it",
        "queued.max.messages.kbytes": "`buffer` says it",
        "enable.auto.commit": "what is durable is committed, and nothing else",
        "enable.auto.offset.store": "what is durable is committed, and nothing else",
        "enable.partition.eof": "nobody asks for it",
        "allow.auto.create.topics": "the host makes no topics",
        "partition.assignment.strategy": "every partition is read", "group.instance.id": "every partition is read",
    ]
}
