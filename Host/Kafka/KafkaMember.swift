import CKafka

/// A member of a consumer group, which is given partitions of a topic and reads nothing itself. Not thread-safe.
package final class KafkaMember {
    /// What the group says of partitions; it waits until that is accepted.
    package enum Change {
        /// They are the member's once it has accepted.
        case assigned([Int])
        /// They are no longer the member's once it has accepted. Nobody else has them before that, unless the member was not heard of
        /// for longer than the group waits.
        case revoked([Int])
    }

    private let raw: OpaquePointer

    /// Joins the group, as soon as brokers can be reached.
    ///
    /// - Parameters:
    ///   - defaults: settings that operators' `options` win over.
    ///   - own: settings that win over those.
    package init(
        _ options: KafkaOptions, topic: String, defaults: [(String, String)], own: [(String, String)]
    ) throws(KafkaError) {
        var failure = ""
        let made = options.withList(defaults: defaults, own: own) { list, count in
            withReason(&failure) { lectern_kafka_member_open(topic, list, count, $0, $1) }
        }
        guard let made else { throw KafkaError("librdkafka does not take the settings: \(failure)") }
        raw = made
    }

    /// How long it may take to leave the group, in milliseconds.
    private static let patience: Int32 = 5000

    deinit { lectern_kafka_member_close(raw, Self.patience) }

    /// Waits for up to so many milliseconds.
    package func poll(milliseconds: Int32) -> Change? {
        var list: UnsafePointer<Int32>?
        var count = 0
        let change = lectern_kafka_member_poll(raw, milliseconds, &list, &count)
        let partitions = UnsafeBufferPointer(start: list, count: count).map(Int.init)
        return switch change {
        case LECTERN_KAFKA_ASSIGNED: .assigned(partitions)
        case LECTERN_KAFKA_REVOKED: .revoked(partitions)
        default: nil
        }
    }

    /// What was polled last is so.
    package func accept() throws(KafkaError) {
        var failure = ""
        guard withReason(&failure, { lectern_kafka_member_accept(raw, $0, $1) }) == 0 else {
            throw KafkaError(failure)
        }
    }

    /// What librdkafka has said last since the last call; empty: nothing.
    package func takeTrouble() -> String {
        defer { lectern_kafka_member_forget_trouble(raw) }
        return String(cString: lectern_kafka_member_trouble(raw))
    }
}
