package import CKafka
import Glibc
package import Settings

/// Settings of librdkafka that operators give by their own names, such as those for TLS and SASL: the section `options`.
package struct KafkaOptions: Sendable, Equatable {
    package struct Option: Sendable, Equatable {
        package let name: String
        /// May be a secret.
        package let value: Secret
    }

    package private(set) var all: [Option] = []

    package init() {}

    /// Reads the section. Mistakes are noted in the reader, librdkafka's own among them.
    /// - Parameter taken: options that the host sets itself, each with where its value comes from.
    package init(_ section: SettingsReader, taken: [String: String]) {
        let taken = Self.alwaysTaken.merging(taken) { _, own in own }
        read(section, after: "", taken)
    }

    private static let alwaysTaken: [String: String] = [
        "bootstrap.servers": "`brokers` says it", "metadata.broker.list": "`brokers` says it",
        "plugin.library.paths": "no code is loaded by settings", "debug": "librdkafka's own log is off",
        "log_level": "librdkafka's own log is off", "statistics.interval.ms": "/metrics has the figures",
    ]

    /// Options whose value is no business of a settings file.
    private static let secrets: Set<String> = [
        "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.config",
        "sasl.oauthbearer.client.secret",
    ]

    /// A name with dots may be written as sections, too, which is how `--set` writes it.
    private mutating func read(_ section: SettingsReader, after prefix: String, _ taken: [String: String]) {
        for key in section.keys {
            let name = prefix + key
            if section.hasText(key), !Self.secrets.contains(name) {
                add(name, section.string(key), key, section, taken)
            } else if Self.secrets.contains(name) || Self.isSecret(section, key) {
                if let secret = section.secret(key) { add(name, secret.value, key, section, taken) }
            } else {
                read(section.section(key), after: name + ".", taken)
            }
        }
    }

    private static func isSecret(_ section: SettingsReader, _ key: String) -> Bool {
        let keys = section.memberNames(key)
        return keys == ["env"] || keys == ["file"]
    }

    private mutating func add(
        _ name: String, _ value: String, _ key: String, _ section: SettingsReader, _ taken: [String: String]
    ) {
        if let reason = taken[name] {
            section.problem(key, found: "an option that the host sets itself", expected: "none", remedy: "\(reason).")
        } else if let reason = Self.reason(against: name, value) {
            let isShown = section.hasText(key) || !reason.contains(value)
            section.problem(
                key, found: "an option that librdkafka does not take: \(isShown ? reason : "(its value is a secret)")",
                expected: "one of its settings",
                remedy: "They are listed in https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md.")
        } else {
            all.append(Option(name: name, value: Secret(value)))
        }
    }

    /// Why librdkafka does not take a setting; nil: it does.
    private static func reason(against name: String, _ value: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { reason in
            lectern_kafka_check(name, value, reason.baseAddress, reason.count) == 0
                ? nil : String(cString: reason.baseAddress!)
        }
    }

    /// Calls with these options and the host's own, as C has them: those of `own` win, those of `defaults` do not.
    package func withList<T>(
        defaults: [(String, String)], own: [(String, String)], _ body: (UnsafePointer<lectern_kafka_option>, Int) -> T
    ) -> T {
        let options = defaults + all.map { ($0.name, $0.value.value) } + own
        let texts = options.map { (strdup($0), strdup($1)) }
        defer {
            for (name, value) in texts {
                free(name)
                free(value)
            }
        }
        let list = texts.map { lectern_kafka_option(name: $0, value: $1) }
        return list.withUnsafeBufferPointer { body($0.baseAddress!, $0.count) }
    }
}

/// The names of topics.
package enum TopicName {
    package static let expectation = "the name of a topic: up to 249 letters, digits, `.`, `_` and `-`"

    package static func isValid(_ topic: String) -> Bool {
        topic.wholeMatch(of: /[A-Za-z0-9._-]{1,249}/) != nil && topic != "." && topic != ".."
    }

    /// Notes a name that is none.
    package static func check(_ topic: String, _ key: String, _ reader: SettingsReader) {
        guard !isValid(topic) else { return }
        reader.problem(key, found: "\"\(topic)\"", expected: expectation)
    }
}

/// Calls with room for the reason of a failure, which is put into `text` then; empty: there was none.
package func withReason<Result>(
    _ text: inout String, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Result
) -> Result {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { reason in
        reason[0] = 0
        let result = body(reason.baseAddress, reason.count)
        text = String(cString: reason.baseAddress!)
        return result
    }
}
