import CKafka
import Glibc
import Kafka
import Records

/// Reads what a log's memory does not have any more, from the brokers. Not thread-safe.
final class TopicHistory {
    private let topic: LogTopic
    private let consumer: KafkaConsumer
    private var decoder: TopicDecoder
    /// By partition: the next position to come, the first and the last one to be given.
    private var partitions: [Int: (next: UInt64, from: UInt64, to: UInt64)] = [:]
    private let buffer = RecordBuffer()
    /// Messages that have come, and whose keys have to be found first.
    private var waiting: UnsafeBufferPointer<lectern_kafka_message>?
    /// Messages that have come, also those before what is to be given.
    private var read: UInt64 = 0
    /// Why nothing comes now, as far as it is not the brokers' doing.
    private(set) var trouble: String?

    /// - Parameters:
    ///   - positions: for each partition where to begin; those that are not below `ends` are not read.
    ///   - ends: for each partition where to end.
    init(
        _ topic: LogTopic, _ identity: LogIdentity, from positions: UnsafeMutableBufferPointer<UInt64>,
        to ends: [UInt64]
    ) throws {
        self.topic = topic
        consumer = try topic.consumer()
        decoder = TopicDecoder(topic, identity)
        let kept = try topic.ends(consumer, partitions: ends.count)
        for (partition, end) in ends.enumerated() where positions[partition] < end {
            let (position, kept) = (positions[partition], kept[partition])
            guard position >= kept.lowerBound else {
                throw LogError(
                    .outOfRange,
                    "\(topic.configuration.name): position \(position) of partition \(partition) was asked for, the brokers "
                        + "have \(kept.lowerBound) up to \(kept.upperBound)")
            }
            let place = try topic.beginning(consumer, partition, of: position, ends: kept)
            decoder.begin(partition, with: place.sequences)
            partitions[partition] = (place.start, position, end)
        }
        for (partition, place) in partitions {
            try topic.refusing { try consumer.add(topic.topic, partition, from: Int64(place.next)) }
        }
    }

    var isDone: Bool { partitions.isEmpty }

    /// Gives all that is to be read, until `body` returns false.
    ///
    /// - Parameter body: given records that follow, borrowed for the call.
    /// - Throws: `broker` if nothing comes for the time-out; what `body` throws.
    func forEachGroup(_ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        let timeout = topic.configuration.timeout
        var deadline = MonotonicTime.now + timeout
        while !isDone {
            let before = read
            let records = try next()
            if read == before {
                guard .now < deadline else {
                    throw topic.error(trouble ?? "the brokers have records that they do not give")
                }
                continue
            }
            if !records.isEmpty, try !body(records) { return }
            deadline = .now + timeout
        }
    }

    /// Records that follow, in each partition's order; none if none came within a moment.
    func next() throws -> UnsafeRawBufferPointer {
        buffer.removeAll()
        let messages = waiting ?? consumer.read(milliseconds: 200)
        waiting = messages
        trouble = try decoder.findKeys(of: messages)
        if trouble != nil {
            usleep(100_000)
            return buffer.contents
        }
        waiting = nil
        for message in messages {
            let partition = Int(message.partition)
            guard let place = partitions[partition] else { continue }
            if let problem = message.problem {
                guard message.is_out_of_range == 0 else {
                    throw LogError(
                        .outOfRange,
                        "\(topic.configuration.name): partition \(partition) was deleted while it was read: "
                            + String(cString: problem))
                }
                continue
            }
            let position = UInt64(message.offset)
            guard position >= place.next else { continue }
            if position < place.from {
                decoder.pass(message)
            } else if position < place.to {
                _ = try decoder.add(message, to: buffer)
            }
            partitions[partition]!.next = position + 1
            read += 1
            guard position + 1 >= place.to else { continue }
            partitions[partition] = nil
            consumer.remove(topic.topic, partition)
        }
        return buffer.contents
    }
}
