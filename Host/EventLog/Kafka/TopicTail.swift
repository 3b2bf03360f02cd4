import CKafka
import Glibc
import Kafka
import Records
import Synchronization

/// Reads the end of a log's topic as it grows, into the memory that all cursors read: of all partitions, or of those that are
/// assigned to this host.
///
/// `@unchecked Sendable`: after `catchUp`, the log's reading thread alone uses what can change, but for atomics.
final class TopicTail: @unchecked Sendable {
    private let topic: LogTopic
    private let state: DurableState
    private let notes: TopicNotes
    private let identity: LogIdentity
    private let segmentBytes: Int
    private let consumer: KafkaConsumer
    private let isStopping = Atomic(false)
    private let assignments = BoundedQueue<Assignment>(limit: 1)
    /// The partitions that are read.
    private var partitions: Set<Int>
    private var decoder: TopicDecoder
    private var segment: MemorySegment
    private let nextPositions: UnsafeMutableBufferPointer<UInt64>
    private var runs: [DurableState.ClientRun] = []
    /// Something could not be read, and nothing has been since.
    private var hasTrouble = false
    /// The first kept positions, asked for now and then, with the ends of others' partitions.
    private let first: Mutex<[UInt64]>
    /// Messages that have come, and whose keys have to be found first.
    private var waiting: UnsafeBufferPointer<lectern_kafka_message>?
    /// Partitions that were begun with since those came, so that theirs are not those that are expected.
    private var begunSince: Set<Int> = []
    /// The erasures after which nothing is left in memory that was opened before.
    private let forgotten: Atomic<UInt64>
    private static let endsInterval = Duration.seconds(10)
    private var endsDue = MonotonicTime.now + TopicTail.endsInterval

    /// Which partitions are to be read from now on.
    private struct Assignment: Sendable {
        let partitions: Set<Int>
        let done: BoundedQueue<Result<Void, any Error>>
    }

    /// - Parameters:
    ///   - starts: where to begin in each partition, with what it had seen of clients.
    ///   - partitions: which of them are read; see `assign`.
    ///   - first: the positions of the first kept records.
    init(
        _ topic: LogTopic, _ identity: LogIdentity, _ state: DurableState, _ notes: TopicNotes, tailBytes: Int,
        starts: [LogTopic.Start], partitions: Set<Int>, first: [UInt64]
    ) throws {
        self.topic = topic
        self.partitions = partitions
        self.identity = identity
        self.state = state
        self.notes = notes
        self.first = Mutex(first)
        segmentBytes = max(tailBytes / 4, TailBlock.usualCapacity)
        consumer = try topic.consumer()
        decoder = TopicDecoder(topic, identity)
        forgotten = Atomic(topic.keys?.erasures ?? 0)
        segment = MemorySegment(number: 1, state: state)
        nextPositions = .allocate(capacity: identity.partitions)
        _ = nextPositions.initialize(from: starts.map(\.start))
        for partition in partitions { try begin(partition, at: starts[partition]) }
    }

    private func begin(_ partition: Int, at place: LogTopic.Start) throws {
        if waiting != nil { begunSince.insert(partition) }
        nextPositions[partition] = place.start
        decoder.begin(partition, with: place.sequences)
        try topic.refusing { try consumer.add(topic.topic, partition, from: Int64(place.start)) }
    }

    deinit { nextPositions.deallocate() }

    var firstPositions: [UInt64] { first.withLock { $0 } }

    /// Has these partitions be read, and no others. Blocks until the memory has come to what was their end when it began; cursors
    /// that were made before stand at their places, and read those of a new partition from where they had come in it.
    ///
    /// - Throws: `broker` if brokers do not answer: then no partition is read.
    func assign(_ partitions: Set<Int>) throws {
        let done = BoundedQueue<Result<Void, any Error>>(limit: 1)
        guard assignments.offer(Assignment(partitions: partitions, done: done)), let result = done.take() else {
            throw topic.error("the log was closed while partitions were assigned")
        }
        try result.get()
    }

    private func carryOut(_ assignment: Assignment) throws {
        do {
            try change(to: assignment.partitions)
        } catch {
            for partition in partitions { consumer.remove(topic.topic, partition) }
            partitions = []
            throw error
        }
    }

    private func change(to assigned: Set<Int>) throws {
        for partition in partitions.subtracting(assigned) { consumer.remove(topic.topic, partition) }
        let new = assigned.subtracting(partitions).sorted()
        partitions.formIntersection(assigned)
        // Another consumer: what this one is given meanwhile must not be lost.
        let asking = try topic.consumer()
        let ends = try topic.ends(asking, partitions: identity.partitions)
        for partition in new {
            partitions.insert(partition)
            try begin(
                partition,
                at: topic.beginning(asking, partition, of: ends[partition].upperBound, ends: ends[partition]))
        }
        note(ends)
        // What is in memory is all that there is of partitions that stay.
        if new.isEmpty { publish() } else { restart() }
        try catchUp(to: ends.map(\.upperBound))
    }

    /// Reads until it has come to these positions in the partitions that are read. On the thread, or before it begins.
    ///
    /// - Throws: `broker` if nothing comes within the time-out.
    func catchUp(to ends: [UInt64]) throws {
        var deadline = MonotonicTime.now + topic.configuration.timeout
        while partitions.contains(where: { nextPositions[$0] < ends[$0] }) {
            if try read(milliseconds: 100) > 0 { deadline = .now + topic.configuration.timeout }
            guard .now < deadline else {
                throw topic.error(
                    state.trouble.reading ?? "the brokers have records that they do not give. \(consumer.trouble)")
            }
        }
    }

    /// Reads until it is stopped. What it throws ends the log.
    func run() throws {
        defer {
            assignments.close()
            while let left = assignments.takeIfAny() { left.done.close() }
        }
        while !isStopped {
            if let assignment = assignments.takeIfAny() {
                assignment.done.put(Result { try carryOut(assignment) })
            }
            _ = try read(milliseconds: 100)
            if .now > endsDue { askForEnds() }
        }
    }

    func stop() { isStopping.store(true, ordering: .releasing) }

    var isStopped: Bool { isStopping.load(ordering: .acquiring) }

    private func askForEnds() {
        endsDue = .now + Self.endsInterval
        guard let ends = try? topic.ends(consumer, partitions: identity.partitions) else { return }
        note(ends)
        publish()
    }

    /// What others write into their partitions nobody sees here, but as a number.
    private func note(_ ends: [Range<UInt64>]) {
        first.withLock { $0 = ends.map(\.lowerBound) }
        for partition in nextPositions.indices where !partitions.contains(partition) {
            nextPositions[partition] = ends[partition].upperBound
        }
    }

    private func read(milliseconds: Int32) throws -> Int {
        forgetErased()
        let messages = waiting ?? consumer.read(milliseconds: milliseconds)
        waiting = messages
        if let trouble = try decoder.findKeys(of: messages) {
            hasTrouble = true
            state.note(trouble, of: \.reading)
            usleep(100_000)
            return 0
        }
        waiting = nil
        defer { begunSince.removeAll() }
        for message in messages {
            let partition = Int(message.partition)
            guard partitions.contains(partition), !begunSince.contains(partition) else { continue }
            if let problem = message.problem {
                try refuse(message, String(cString: problem))
            } else {
                let expected = nextPositions[partition]
                guard message.offset >= Int64(expected) else { continue }
                guard message.offset == Int64(expected) else { throw gap(partition, expected, message.offset) }
                note(try decoder.add(message, to: segment))
                nextPositions[partition] = expected + 1
                if (expected + 1) % ClientSequences.interval == 0 { writeSequences(partition, asOf: expected + 1) }
            }
        }
        guard !messages.isEmpty else { return 0 }
        publish()
        if hasTrouble, messages.contains(where: { $0.problem == nil }) {
            hasTrouble = false
            state.note(nil, of: \.reading)
        }
        if segment.end >= segmentBytes { beginSegment() }
        return messages.count
    }

    private func publish() {
        let end = LogOffset(segment: segment.number, byte: UInt32(segment.end))
        state.publish(end, nextPositions: nextPositions, runs: runs)
        runs.removeAll(keepingCapacity: true)
    }

    private func beginSegment() {
        state.begin(
            DurableState.Segment(number: segment.number + 1, basePositions: Array(nextPositions), length: 0))
        segment = MemorySegment(number: segment.number + 1, state: state)
        decoder.forgetSessions()
    }

    private func restart() {
        state.restart(
            DurableState.Segment(number: segment.number + 1, basePositions: Array(nextPositions), length: 0))
        segment = MemorySegment(number: segment.number + 1, state: state)
        decoder.forgetSessions()
    }

    /// What students have sent who were erased since is in memory as it was opened: cursors have the brokers give it again,
    /// and find tombstones.
    private func forgetErased() {
        guard let erasures = topic.keys?.erasures, erasures > forgotten.load(ordering: .relaxed) else { return }
        restart()
        forgotten.store(erasures, ordering: .releasing)
    }

    /// Whether nothing is left in memory of students of whom it is known that they were erased.
    var hasForgottenErased: Bool { topic.keys.map { forgotten.load(ordering: .acquiring) >= $0.erasures } ?? true }

    private func note(_ decoded: TopicDecoder.Decoded) {
        guard decoded.acknowledged > 0 else { return }
        let client = decoded.record.client
        if let last = runs.last, last.client.elementsEqual(client) {
            runs[runs.count - 1].sequence = max(last.sequence, decoded.acknowledged)
        } else {
            runs.append(.init(client: client, sequence: decoded.acknowledged, received: decoded.record.received))
        }
    }

    private func writeSequences(_ partition: Int, asOf position: UInt64) {
        decoder.prune(partition)
        for body in decoder.sequences[partition].encoded(asOf: position) {
            notes.add(TopicNotes.Note(kind: .clients, partition: partition, body: body))
        }
        guard partition == 0, let body = try? identity.encoded() else { return }
        notes.add(TopicNotes.Note(kind: .identity, partition: partition, body: body))
    }

    private func refuse(_ message: lectern_kafka_message, _ problem: String) throws {
        guard message.is_out_of_range != 0 else {
            hasTrouble = true
            state.note("partition \(message.partition): \(problem)", of: \.reading)
            return
        }
        throw LogError(
            .outOfRange,
            "\(topic.configuration.name): partition \(message.partition) no longer has offset \(message.offset), which was "
                + "not read yet: \(problem). The topic's retention is too short for this host, or the topic was made anew"
        )
    }

    private func gap(_ partition: Int, _ expected: UInt64, _ found: Int64) -> LogError {
        LogError(
            .corrupt,
            "\(topic.configuration.name): partition \(partition) goes on with offset \(found), \(expected) expected. A log's "
                + "topic must not be compacted (cleanup.policy=delete), and nobody else may write into it")
    }
}
