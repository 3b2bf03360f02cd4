import Kafka

extension LogTopic {
    /// How many partitions the topic has.
    func partitions(_ consumer: KafkaConsumer) throws -> Int {
        do {
            return try consumer.partitions(of: topic)
        } catch let refusal {
            throw error(
                "\(refusal). If the topic is missing, make it, with as many partitions as the log is to have for good: "
                    + "lectern topics create \(topic) --partitions 16 --replication 3 --option min.insync.replicas=2, with "
                    + "this host's settings")
        }
    }

    /// What the first partition says of the log; nil if it is empty, or what said it was deleted.
    ///
    /// - Parameter ends: of that partition.
    func identity(_ consumer: KafkaConsumer, _ ends: Range<UInt64>) throws -> LogIdentity? {
        let interval = ClientSequences.interval
        var place = ends.lowerBound
        while place < ends.upperBound {
            var found: Result<LogIdentity, any Error>?
            let end = place == 0 ? 1 : min(ends.upperBound, place + interval)
            try read(consumer, 0, from: place, to: end) { _, value in
                guard let message = TopicMessage(value), message.kind == .identity else { return true }
                found = Result { try LogIdentity(Array(message.body), of: configuration.name) }
                return false
            }
            if let found { return try found.get() }
            if place == 0 {
                throw LogError(
                    .settings,
                    "\(configuration.name): it holds messages that are no log's; a log needs a topic of its own")
            }
            place = (place / interval + 1) * interval
        }
        return nil
    }
}
