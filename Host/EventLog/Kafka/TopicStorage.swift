import Glibc
import Kafka
import Records
import Synchronization

/// The records of a log that is a topic.
final class TopicStorage: LogStorage {
    private let topic: LogTopic
    private let identity: LogIdentity
    private let state: DurableState
    private let tail: TopicTail
    /// The partitions that cursors can read.
    private let assigned: Mutex<Set<Int>>
    private let thread: Mutex<WorkThread?>
    /// Asks brokers for the ends of partitions.
    private let asking: Mutex<KafkaConsumer>
    private let watch: ErasureWatch?

    /// - Parameter failed: called with what ends the log.
    init(
        _ topic: LogTopic, _ identity: LogIdentity, _ state: DurableState, _ tail: TopicTail, partitions: Set<Int>,
        failed: @escaping @Sendable (LogError) -> Void
    ) throws {
        self.topic = topic
        self.identity = identity
        self.state = state
        self.tail = tail
        assigned = Mutex(partitions)
        asking = Mutex(try topic.consumer())
        watch = topic.keys.map { ErasureWatch($0) }
        thread = Mutex(
            WorkThread(name: "log reader") {
                do { try tail.run() } catch { failed(error as? LogError ?? topic.error("\(error)")) }
            })
    }

    var firstPositions: [UInt64] { tail.firstPositions }

    func source(from positions: UnsafeMutableBufferPointer<UInt64>, chunkBytes: Int) throws -> any RecordSource {
        try forgetErased()
        return try TopicSource(topic, identity, state, positions)
    }

    /// From the brokers, up to the ends that they tell now: of others' partitions nothing is in memory.
    func scan(from place: [UInt64]?, _ body: (RecordView, () -> String) throws -> Bool) throws {
        guard place?.count ?? identity.partitions == identity.partitions else { throw noPlace }
        try forgetErased()
        let ends = try asking.withLock { try topic.ends($0, partitions: identity.partitions) }
        var positions = zip(place ?? ends.map(\.lowerBound), ends).map { max($0, $1.lowerBound) }
        var next = positions
        let history = try next.withUnsafeMutableBufferPointer {
            try TopicHistory(topic, identity, from: $0, to: ends.map(\.upperBound))
        }
        try history.forEachGroup { records in
            for record in RecordSequence(records) {
                guard try body(record, { positions.place }) else { return false }
                if record.kind?.hasPosition == true { positions[record.partition] = record.position + 1 }
            }
            return true
        }
    }

    var noPlace: LogError { LogError(.outOfRange, "\(topic.configuration.name): not a place of this log") }

    /// Who begins to read gets nothing of students who were erased before, on whichever host of the log.
    private func forgetErased() throws {
        // While the store does not answer, nobody can be erased.
        _ = try? topic.keys?.refresh()
        while !tail.hasForgottenErased {
            if let failure = state.whyStopped { throw failure }
            if tail.isStopped { throw LogError.closed }
            usleep(1_000)
        }
    }

    func assign(_ partitions: [Int]) throws {
        try tail.assign(Set(partitions))
        assigned.withLock { $0 = Set(partitions) }
    }

    /// Waits as long as brokers make progress, and for the time-out when they don't.
    func settle() throws {
        let ends = try asking.withLock { try topic.ends($0, partitions: identity.partitions) }
        var deadline = MonotonicTime.now + topic.configuration.timeout
        while true {
            let offset = state.end
            let positions = state.positions
            if assigned.withLock({ $0.allSatisfy { positions[$0] >= ends[$0].upperBound } }) { return }
            if let failure = state.whyStopped { throw failure }
            if state.wait(after: offset, timeout: .milliseconds(100)) > offset {
                deadline = .now + topic.configuration.timeout
            }
            guard .now < deadline else {
                throw topic.error("the brokers have records that they do not give. \(state.trouble.reading ?? "")")
            }
        }
    }

    func removeSegments(before number: UInt32) throws {
        throw LogError(.settings, "\(topic.configuration.name): the brokers delete what retention.ms of the topic says")
    }

    func stop() {
        watch?.stop()
        tail.stop()
        thread.withLock { running in
            running?.join()
            running = nil
        }
    }
}
