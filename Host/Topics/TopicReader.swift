package import Ingest
import Kafka
import Records
import Synchronization

/// Reads topics of a Kafka cluster into the log: every partition, each from where the log has it, whatever the group's offsets say.
///
/// All members can be called from any thread.
package final class TopicReader: Sendable {
    /// How a partition is read.
    package struct Figures: Sendable {
        package let topic: String
        package let partition: Int
        /// Messages since the start.
        package var messages = 0
        /// Messages that are in the topic, and not here; nil: that is not known yet.
        package var lag: Int64?
    }

    private struct State {
        var figures: [Figures] = []
        var trouble: String?
        var isClosed = false
    }

    private let configuration: TopicsConfiguration
    private let service: IngestService
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let thread = Mutex<WorkThread?>(nil)

    /// How often new partitions are looked for, and how often what is durable is committed, in microseconds.
    private static let partitionInterval: Int64 = 10_000_000
    private static let commitInterval: Int64 = 1_000_000

    /// - Parameter report: takes sentences for the operator, on any thread.
    package init(
        _ configuration: TopicsConfiguration, into service: IngestService,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.service = service
        self.report = report
    }

    /// Begins to read.
    package func start() {
        thread.withLock { $0 = WorkThread(name: "topics") { [self] in run() } }
    }

    /// Reads no more, and returns when what was read is on its way to the log. To be called once.
    package func close() {
        state.withLock { $0.isClosed = true }
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    package var figures: [Figures] { state.withLock { $0.figures } }

    /// What keeps topics from being read now, for the operator; nil: nothing.
    package var trouble: String? { state.withLock { $0.trouble } }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func run() {
        do throws(KafkaError) {
            try read(try KafkaConsumer(configuration))
        } catch {
            say("\(error)")
        }
    }

    private func read(_ consumer: KafkaConsumer) throws(KafkaError) {
        let workspace = IngestWorkspace(service.configuration)
        var partitions: [TopicPartition] = []
        var figures: [Figures] = []
        var (lookAt, commitAt) = (Int64.min, Int64.min)
        defer { for partition in partitions { partition.end() } }
        while !isClosed {
            let now = MonotonicClock.microseconds
            if now >= lookAt {
                let isWhole = addPartitions(consumer, workspace, &partitions)
                // A broker that is away is asked again soon.
                lookAt = now + (isWhole ? Self.partitionInterval : Self.commitInterval)
                for partition in partitions[figures.count...] {
                    figures.append(Figures(topic: partition.topic, partition: partition.partition))
                }
            }
            try take(consumer.messages(milliseconds: 20), partitions, consumer, &figures)
            for partition in partitions {
                try follow(partition, consumer) { partition.goOn() }
            }
            if now >= commitAt {
                commitAt = now + Self.commitInterval
                commit(partitions, consumer, &figures)
            }
        }
        commit(partitions, consumer, &figures)
    }

    /// Adds the partitions that are new. False: not all topics could be asked.
    private func addPartitions(
        _ consumer: KafkaConsumer, _ workspace: IngestWorkspace, _ partitions: inout [TopicPartition]
    ) -> Bool {
        for topic in configuration.topics {
            do throws(KafkaError) {
                let known = partitions.count { $0.topic == topic.name }
                for number in known..<max(known, try consumer.partitions(of: topic.name)) {
                    partitions.append(try begin(TopicPartition(service, workspace, topic, number), consumer))
                }
            } catch {
                say("\(error)")
                return false
            }
        }
        say(nil)
        return true
    }

    /// Begins to read a partition. If that can't be, nothing is left of it, since it is tried again.
    private func begin(_ partition: TopicPartition, _ consumer: KafkaConsumer) throws(KafkaError) -> TopicPartition {
        var isRead = false
        defer { if !isRead { partition.end() } }
        let there = try consumer.ends(partition.topic, partition.partition)
        let place = "topic \(partition.topic), partition \(partition.partition)"
        if partition.isNew, configuration.beginning == .latest {
            partition.begin(at: there.upperBound)
        } else if partition.next < there.lowerBound {
            if !partition.isNew {
                report(
                    "\(place): messages \(partition.next) to \(there.lowerBound - 1) were gone before they could be read; make "
                        + "the topic keep them for longer (retention.ms)")
            }
            partition.begin(at: there.lowerBound)
        } else if partition.next > there.upperBound {
            throw KafkaError(
                "\(place): the log has message \(partition.next - 1), and the topic ends before \(there.upperBound): it is another "
                    + "topic of the same name; read it under another one, or give the host a new data folder")
        }
        try consumer.add(partition.topic, partition.partition, from: partition.next)
        isRead = true
        return partition
    }

    /// Hands messages to their partitions, those that follow one another at once.
    private func take(
        _ messages: [KafkaConsumer.Message], _ partitions: [TopicPartition], _ consumer: KafkaConsumer,
        _ figures: inout [Figures]
    ) throws(KafkaError) {
        var current: Int?
        for message in messages {
            if let problem = message.problem {
                say("topic \(message.topic), partition \(message.partition): \(problem)")
                continue
            }
            guard
                let index = partitions.firstIndex(where: {
                    $0.partition == message.partition && $0.topic == message.topic
                })
            else { continue }
            if let current, current != index { try receive(partitions[current], consumer) }
            current = index
            partitions[index].add(message)
            figures[index].messages += 1
        }
        if let current { try receive(partitions[current], consumer) }
    }

    private func receive(_ partition: TopicPartition, _ consumer: KafkaConsumer) throws(KafkaError) {
        try follow(partition, consumer) { partition.receive() }
    }

    /// Reads a partition no more, or again, if it has come to that.
    private func follow(_ partition: TopicPartition, _ consumer: KafkaConsumer, _ body: () -> Void) throws(KafkaError) {
        let wasPaused = partition.isPaused
        body()
        if let failure = partition.failure { throw KafkaError("topics: \(failure)") }
        guard partition.isPaused != wasPaused else { return }
        if partition.isPaused {
            consumer.remove(partition.topic, partition.partition)
        } else {
            try consumer.add(partition.topic, partition.partition, from: partition.next)
        }
    }

    /// Tells the group what is durable, and everybody how far it is.
    private func commit(_ partitions: [TopicPartition], _ consumer: KafkaConsumer, _ figures: inout [Figures]) {
        for (index, partition) in partitions.enumerated() {
            if let durable = partition.takeDurable() {
                consumer.commit(partition.topic, partition.partition, next: durable)
            }
            figures[index].lag = consumer.next(partition.topic, partition.partition).map { max($0 - partition.next, 0) }
        }
        let new = figures
        state.withLock { $0.figures = new }
    }

    /// Says what is wrong, once; nil: nothing is any more.
    private func say(_ trouble: String?) {
        let isNews = state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble != trouble
        }
        guard isNews else { return }
        report(trouble ?? "topics: they can be read again")
    }
}
