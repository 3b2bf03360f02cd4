import CKafka
package import Kafka
import Records

extension KafkaConsumer {
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

    /// For the topics of the section `topics`.
    package convenience init(_ configuration: TopicsConfiguration) throws(KafkaError) {
        try self.init(
            configuration.options, defaults: [("client.id", "lectern")],
            own: [
                ("bootstrap.servers", configuration.brokers.joined(separator: ",")), ("group.id", configuration.group),
                ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                // A partition whose next message is gone goes on with the first that is there.
                ("auto.offset.reset", "earliest"), ("allow.auto.create.topics", "false"),
                ("queued.max.messages.kbytes", "\(max(configuration.buffer >> 10, 1))"),
                ("fetch.error.backoff.ms", "100"),
            ])
    }

    /// Waits for messages for up to so many milliseconds.
    func messages(milliseconds: Int32) -> [Message] {
        read(milliseconds: milliseconds).map { message in
            Message(
                topic: String(cString: message.topic), partition: Int(message.partition), offset: message.offset,
                value: UnsafeRawBufferPointer(start: message.value, count: message.length),
                time: message.time > 0 && message.time < Int64.max / 1000 ? message.time * 1000 : nil,
                problem: message.problem.map { String(cString: $0) })
        }
    }
}
