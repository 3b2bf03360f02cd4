import Kafka

extension LogTopic {
    /// Where a partition begins to be read, and what it had seen of clients there.
    struct Start {
        let start: UInt64
        let sequences: ClientSequences
    }

    /// Where somebody begins to read who wants to know, from a position on, which records came before: the last place at or
    /// before it of which the topic says what it had seen of clients, or the first record.
    ///
    /// - Parameter ends: of the partition.
    func beginning(
        _ consumer: KafkaConsumer, _ partition: Int, of position: UInt64, ends: Range<UInt64>
    ) throws -> Start {
        var place = position / ClientSequences.interval * ClientSequences.interval
        while place > 0, place >= ends.lowerBound {
            if let found = try sequences(consumer, partition, asOf: place, end: ends.upperBound) {
                return Start(start: place, sequences: found)
            }
            place -= ClientSequences.interval
        }
        return Start(start: ends.lowerBound, sequences: ClientSequences())
    }

    /// What the messages behind a place say of it; nil if they don't: who would have written them was stopped.
    private func sequences(
        _ consumer: KafkaConsumer, _ partition: Int, asOf place: UInt64, end: UInt64
    ) throws -> ClientSequences? {
        var found = ClientSequences()
        var parts: Set<Int> = []
        var isWhole = false
        try read(consumer, partition, from: place, to: min(end, place + 4 * ClientSequences.interval)) { _, value in
            guard let message = TopicMessage(value), message.kind == .clients,
                let part = ClientSequences.Part(message.body), part.position == place, !parts.contains(part.number)
            else { return true }
            found.add(part)
            parts.insert(part.number)
            isWhole = parts.count == part.count
            return !isWhole
        }
        return isWhole ? found : nil
    }
}
