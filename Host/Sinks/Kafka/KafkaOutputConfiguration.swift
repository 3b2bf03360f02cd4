import CKafka
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
    package var options: [Option] = []

    package struct Option: Sendable, Equatable {
        package let name: String
        /// May be a secret.
        package let value: Secret

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = Secret(value)
        }
    }

    package init() {}

    /// Reads what such an output has of its own. Mistakes are noted in the reader, librdkafka's own among them.
    package init(_ reader: SettingsReader) {
        brokers = reader.strings("brokers")
        if brokers.isEmpty {
            reader.problem("brokers", found: "none", expected: "HOST:PORT, one or more, such as [kafka:9092]")
        }
        topic = reader.string("topic", default: nil as String?)
        if let topic { Self.check(topic, "topic", reader) }
        topics = Self.topics(reader.section("topics"))
        routes = Self.topics(reader.section("routes"))
        if topic == nil, topics.isEmpty, routes.isEmpty {
            reader.problem(
                "topic", found: "neither topic nor topics nor routes", expected: "a topic, or topics: {TYPE: TOPIC}")
        }
        compression = reader.choice("compression", default: compression)
        timeout = reader.duration("timeout", default: timeout, in: .milliseconds(100) ... .seconds(3600))
        readOptions(reader.section("options"), after: "")
    }

    private static func topics(_ reader: SettingsReader) -> [String: String] {
        var topics: [String: String] = [:]
        for name in reader.keys {
            let topic = reader.string(name)
            check(topic, name, reader)
            topics[name] = topic
        }
        return topics
    }

    private static func check(_ topic: String, _ key: String, _ reader: SettingsReader) {
        let isName = topic.wholeMatch(of: /[A-Za-z0-9._-]{1,249}/) != nil && topic != "." && topic != ".."
        if !isName {
            reader.problem(
                key, found: "\"\(topic)\"", expected: "the name of a topic: up to 249 letters, digits, `.`, `_` and `-`"
            )
        }
    }

    // MARK: Options

    /// What the guarantees rest on, or what others of this section say.
    private static let taken: [String: String] = [
        "bootstrap.servers": "`brokers` says it", "metadata.broker.list": "`brokers` says it",
        "compression.type": "`compression` says it", "compression.codec": "`compression` says it",
        "enable.idempotence": "it is always true", "acks": "it is always all",
        "request.required.acks": "it is always all",
        "message.timeout.ms": "`timeout` says it", "delivery.timeout.ms": "`timeout` says it",
        "transactional.id": "there are no transactions",
        "partitioner": "it is always murmur2, as of Kafka's own clients",
        "queue.buffering.max.messages": "`batch` says it", "queue.buffering.max.kbytes": "`buffer` says it",
        "plugin.library.paths": "no code is loaded by settings", "debug": "librdkafka's own log is off",
        "log_level": "librdkafka's own log is off", "statistics.interval.ms": "/metrics has the figures",
    ]

    /// Options whose value is no business of a settings file.
    private static let secrets: Set<String> = [
        "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.config",
        "sasl.oauthbearer.client.secret",
    ]

    /// A name with dots may be written as sections, too, which is how `--set` writes it.
    private mutating func readOptions(_ section: SettingsReader, after prefix: String) {
        for key in section.keys {
            let name = prefix + key
            if section.hasText(key), !Self.secrets.contains(name) {
                add(name, section.string(key), key, section)
            } else if Self.secrets.contains(name) || Self.isSecret(section, key) {
                if let secret = section.secret(key) { add(name, secret.value, key, section) }
            } else {
                readOptions(section.section(key), after: name + ".")
            }
        }
    }

    private static func isSecret(_ section: SettingsReader, _ key: String) -> Bool {
        let keys = section.memberNames(key)
        return keys == ["env"] || keys == ["file"]
    }

    private mutating func add(_ name: String, _ value: String, _ key: String, _ section: SettingsReader) {
        if let reason = Self.taken[name] {
            section.problem(key, found: "an option that the host sets itself", expected: "none", remedy: "\(reason).")
        } else if let reason = Self.reason(against: name, value) {
            let isShown = section.hasText(key) || !reason.contains(value)
            section.problem(
                key, found: "an option that librdkafka does not take: \(isShown ? reason : "(its value is a secret)")",
                expected: "one of its settings",
                remedy: "They are listed in https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md.")
        } else {
            options.append(Option(name, value))
        }
    }

    /// Why librdkafka does not take a setting; nil: it does.
    private static func reason(against name: String, _ value: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { reason in
            lectern_kafka_check(name, value, reason.baseAddress, reason.count) == 0
                ? nil : String(cString: reason.baseAddress!)
        }
    }
}
