import Kafka
package import Records

/// A log that is a topic, read alone: nothing is written, and no group is joined.
package struct StoredTopic: StoredLog {
    package let identity: LogIdentity
    private let topic: LogTopic
    private let ends: [Range<UInt64>]

    /// Asks the brokers what there is.
    package init(_ configuration: KafkaLogConfiguration) throws {
        topic = LogTopic(configuration: configuration)
        let consumer = try topic.consumer(buffer: 1 << 20)
        let count = try topic.partitions(consumer)
        ends = try topic.ends(consumer, partitions: count)
        guard let found = try topic.identity(consumer, ends[0]) else {
            throw topic.error("there is no log in it")
        }
        identity = found
    }

    package func size() -> Int { ends.reduce(0) { $0 + $1.count } }

    package func weight(of record: RecordView) -> Int { record.kind?.hasPosition == true ? 1 : 0 }

    package func readChunks(_ body: (LogChunk) throws -> Void) throws {
        var first = ends.map(\.lowerBound)
        let history = try first.withUnsafeMutableBufferPointer {
            try TopicHistory(topic, identity, from: $0, to: ends.map(\.upperBound))
        }
        var deadline = MonotonicTime.now + topic.configuration.timeout
        while !history.isDone {
            let bytes = try history.next()
            guard let base = bytes.baseAddress, !bytes.isEmpty else {
                guard .now < deadline else { throw topic.error("the brokers have records that they do not give") }
                continue
            }
            deadline = .now + topic.configuration.timeout
            let records = RecordSequence(bytes).map { UInt32(truncatingIfNeeded: UnsafeRawPointer($0.header) - base) }
            try body(LogChunk(beginsSegment: false, base: base, records: records))
        }
    }
}
