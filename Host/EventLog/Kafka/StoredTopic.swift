import Kafka
package import Records

/// A log that is a topic, read alone: nothing is written, and no group is joined.
package struct StoredTopic: StoredLog {
    package let identity: LogIdentity
    private let topic: LogTopic
    private let ends: [Range<UInt64>]

    /// Asks the brokers what there is.
    ///
    /// - Parameter keys: those of the students, for a log that is sealed; without them it can be counted and not read.
    package init(_ configuration: KafkaLogConfiguration, keys: (any StudentKeyStore)? = nil) throws {
        var topic = LogTopic(configuration: configuration)
        let consumer = try topic.consumer()
        let count = try topic.partitions(consumer)
        ends = try topic.ends(consumer, partitions: count)
        guard let found = try topic.identity(consumer, ends[0]) else {
            throw topic.error("there is no log in it")
        }
        identity = found
        try topic.use(keys, identity)
        self.topic = topic
    }

    package func isTruncated() -> Bool { ends.contains { $0.lowerBound > 0 } }

    package func size() -> Int { ends.reduce(0) { $0 + $1.count } }

    package func weight(of record: RecordView) -> Int { record.kind?.hasPosition == true ? 1 : 0 }

    package func readChunks(_ body: (LogChunk) throws -> Void) throws {
        var first = ends.map(\.lowerBound)
        let history = try first.withUnsafeMutableBufferPointer {
            try TopicHistory(topic, identity, from: $0, to: ends.map(\.upperBound))
        }
        try history.forEachGroup { bytes in
            let base = bytes.baseAddress!
            let records = RecordSequence(bytes).map { UInt32(truncatingIfNeeded: UnsafeRawPointer($0.header) - base) }
            try body(LogChunk(beginsSegment: false, base: base, records: records))
            return true
        }
    }

    /// Events of these actors, by their pseudonyms, that were written before the log was sealed: how many, by partition.
    package func unsealedEvents(of actors: Set<UInt64>) throws -> [Int: Int] {
        let consumer = try topic.consumer()
        var counts: [Int: Int] = [:]
        for (partition, ends) in ends.enumerated() {
            try topic.read(consumer, partition, from: ends.lowerBound, to: ends.upperBound) { _, value in
                guard let message = TopicMessage(value), message.kind == .record else { return true }
                let isTheirs = message.body.withAlignedRecord { record in
                    MessageSealer.seals(record) && actors.contains(identity.pseudonym(ofRecorded: record.actor))
                }
                if isTheirs { counts[partition, default: 0] += 1 }
                return true
            }
        }
        return counts
    }
}
