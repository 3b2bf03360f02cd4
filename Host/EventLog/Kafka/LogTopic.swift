import CKafka
import Kafka
import Records
import Settings

/// The topic that a log is: how it is reached, and what its ends are.
struct LogTopic: Sendable {
    let configuration: KafkaLogConfiguration
    /// What opens its events, if they are sealed.
    private(set) var keys: StudentKeys?

    init(configuration: KafkaLogConfiguration) { self.configuration = configuration }

    /// - Parameter store: where the students' keys are; nil: none of the settings' hosts seals.
    /// - Throws: a `LogError` if the store does not answer.
    mutating func use(_ store: (any StudentKeyStore)?, _ identity: LogIdentity) throws {
        keys = try store.map { try StudentKeys($0, identity, limit: configuration.sealing?.cache ?? 1000) }
    }

    var topic: String { configuration.topic }

    /// Bytes that may have come to a consumer and not been taken. When as many have, librdkafka (before 2.2) asks for no more for
    /// a second, so it should hold what is read to begin at a place.
    private static let buffer = 16 << 20

    /// A consumer of its own, which reads nothing yet.
    func consumer() throws -> KafkaConsumer {
        try refusing {
            try KafkaConsumer(
                configuration.options,
                defaults: [("client.id", "lectern-log"), ("fetch.error.backoff.ms", "100")],
                own: configuration.ownOptions + [
                    ("group.id", "lectern-log"), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                    ("auto.offset.reset", "error"), ("queued.max.messages.kbytes", "\(Self.buffer >> 10)"),
                ], patience: Int32(clamping: configuration.timeout.microseconds / 1000))
        }
    }

    /// The first and the next position of each partition, as the brokers have them.
    func ends(_ consumer: KafkaConsumer, partitions: Int) throws -> [Range<UInt64>] {
        try refusing { try consumer.ends(topic, 0..<partitions) }.map { UInt64($0.lowerBound)..<UInt64($0.upperBound) }
    }

    /// Reads a partition from a position on until `body` returns false, or up to `end`.
    ///
    /// - Throws: `broker` if no message comes within `timeout`.
    func read(
        _ consumer: KafkaConsumer, _ partition: Int, from start: UInt64, to end: UInt64,
        _ body: (UInt64, UnsafeRawBufferPointer) -> Bool
    ) throws {
        guard start < end else { return }
        try refusing { try consumer.add(topic, partition, from: Int64(start)) }
        defer { consumer.remove(topic, partition) }
        var next = start
        var deadline = MonotonicTime.now + configuration.timeout
        while next < end {
            for message in consumer.read(milliseconds: 100) where message.partition == Int32(partition) {
                if let problem = message.problem { throw error("partition \(partition): \(String(cString: problem))") }
                guard message.offset >= Int64(next), message.offset < Int64(end) else { continue }
                next = UInt64(message.offset) + 1
                deadline = .now + configuration.timeout
                let value = UnsafeRawBufferPointer(start: message.value, count: message.length)
                guard body(UInt64(message.offset), value) else { return }
            }
            guard .now < deadline else {
                throw error(
                    "partition \(partition) gives nothing from offset \(next) on, up to \(end) was expected. "
                        + consumer.trouble)
            }
        }
    }

    func error(_ reason: String) -> LogError { LogError(.broker, "\(configuration.name): \(reason)") }

    /// With errors of Kafka's as the log's.
    func refusing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let refusal as KafkaError { throw error(refusal.description) }
    }
}
