import CKafka
import Glibc
import Kafka
import Records
import Synchronization

/// Makes groups of records durable as messages of the log's topic. Used by the log's thread alone.
///
/// One message a record, its key the actor's id; of a sealed one, the actor's pseudonym. A group is durable when the
/// brokers have acknowledged all of it; only then does the next one begin, so that what a client was told never lies behind
/// what may still fail. Brokers that do not answer are waited for: the log's buffer fills up meanwhile, and clients wait.
final class TopicWriter: RecordWriter {
    private let configuration: KafkaLogConfiguration
    private let state: DurableState
    private let closing: CloseDeadline
    private let notes: TopicNotes
    private var encoder: TopicEncoder
    private var raw: OpaquePointer
    /// Kept for its memory.
    private var outgoing: [lectern_kafka_outgoing] = []
    /// What librdkafka takes before it is all sent.
    private static let queueMessages = 10_000_000
    private static let queueBytes = 2 << 30

    init(
        _ topic: LogTopic, _ identity: LogIdentity, _ state: DurableState, _ notes: TopicNotes, _ closing: CloseDeadline
    ) throws {
        configuration = topic.configuration
        self.state = state
        self.notes = notes
        self.closing = closing
        encoder = TopicEncoder(topic, identity, state)
        raw = try Self.open(configuration)
    }

    /// The brokers take a client's messages of a partition in their order, or none after one that is missing: what is durable of
    /// a group is its beginning, in each partition.
    private static func open(_ configuration: KafkaLogConfiguration) throws -> OpaquePointer {
        var failure = ""
        let made = configuration.options.withList(
            defaults: [("client.id", "lectern-log"), ("linger.ms", "5")],
            own: configuration.ownOptions + [
                ("enable.idempotence", "true"), ("enable.gapless.guarantee", "true"), ("acks", "all"),
                ("message.timeout.ms", "0"), ("queue.buffering.max.messages", "\(queueMessages)"),
                ("queue.buffering.max.kbytes", "\(queueBytes >> 10)"),
            ]
        ) { list, count in
            withReason(&failure) { lectern_kafka_producer_open(configuration.topic, list, count, $0, $1) }
        }
        guard let made else {
            throw LogError(.settings, "\(configuration.name): librdkafka does not take the settings: \(failure)")
        }
        return made
    }

    /// After an error that ends a producer.
    private func reopen() throws {
        let new = try Self.open(configuration)
        lectern_kafka_producer_close(raw)
        raw = new
    }

    deinit { lectern_kafka_producer_close(raw) }

    func append(_ records: UnsafeRawBufferPointer) throws -> [DeadLetter] {
        try findKeys(of: records)
        encoder.encode(records, notes.take())
        let refused = try send(records)
        state.note(encoder.runs)
        return refused.compactMap { encoder.messages[$0].record }
            .map { letter(RecordView(at: records.baseAddress! + $0)) }
    }

    /// Waits for the store of the students' keys as for brokers.
    private func findKeys(of records: UnsafeRawBufferPointer) throws {
        var hasWaited = false
        while let trouble = try encoder.findKeys(of: records) {
            hasWaited = true
            state.note(trouble, of: \.writing)
            if closing.hasPassed { throw LogError(.keys, "\(configuration.name): \(trouble)") }
            usleep(100_000)
        }
        if hasWaited { state.note(nil, of: \.writing) }
    }

    func closeSessions(_ numbers: [UInt32]) {
        for number in numbers { encoder.close(session: number) }
        state.end(sessions: numbers)
    }

    func close() {}

    private func letter(_ record: RecordView) -> DeadLetter {
        var letter = DeadLetter(
            code: .tooLarge,
            reason:
                "\(configuration.name) takes no message so large: raise message.max.bytes in log.kafka.options, and "
                + "max.message.bytes of the topic",
            received: record.received, original: Array(record.payload))
        letter.session = record.session
        if !record.client.isEmpty {
            letter.client = String(decoding: record.client, as: UTF8.self)
            letter.sequence = record.sequence
        }
        return letter
    }

    // MARK: Sending

    /// Sends the group and waits until it is durable. Returns the messages that are too large.
    private func send(_ records: UnsafeRawBufferPointer) throws -> [Int] {
        let messages = encoder.messages
        var refused: [Int] = []
        var start = 0
        while start < messages.count {
            let end = part(of: messages, from: start)
            refused += try send(start..<end, of: records)
            start = end
        }
        return refused
    }

    /// Up to where messages fit librdkafka's queue together.
    private func part(of messages: [TopicEncoder.Message], from start: Int) -> Int {
        let limit = min(messages.count, start + Self.queueMessages)
        var bytes = messages[start].value.count
        var end = start + 1
        while end < limit, bytes + messages[end].value.count <= Self.queueBytes / 2 {
            bytes += messages[end].value.count
            end += 1
        }
        return end
    }

    private func send(_ range: Range<Int>, of records: UnsafeRawBufferPointer) throws -> [Int] {
        add(range, of: records)
        let failures = try wait()
        var refused = failures.filter { $0.cause == LECTERN_KAFKA_TOO_LARGE }.map(\.index)
        let failed = failures.filter { $0.cause != LECTERN_KAFKA_TOO_LARGE }
        guard !failed.isEmpty else { return refused }
        guard failed.contains(where: \.isTooLarge) else { throw broken(failed[0].reason) }
        // The brokers take none of a batch that is too large, and nothing after it: what is left goes one by one.
        try reopen()
        for index in failed.map(\.index).sorted() {
            add(index..<index + 1, of: records)
            guard let failure = try wait().first else { continue }
            guard failure.isTooLarge else { throw broken(failure.reason) }
            refused.append(index)
            try reopen()
        }
        return refused
    }

    /// Has messages be sent.
    private func add(_ range: Range<Int>, of records: UnsafeRawBufferPointer) {
        let messages = encoder.messages
        let values = encoder.bytes
        var outgoing = outgoing
        self.outgoing = []
        outgoing.removeAll(keepingCapacity: true)
        for index in range {
            let message = messages[index]
            let key =
                message.key.map { UnsafeRawBufferPointer(rebasing: values[$0]) }
                ?? message.record.map { RecordView(at: records.baseAddress! + $0).actor }
            outgoing.append(
                lectern_kafka_outgoing(
                    partition: Int32(message.partition), key: key?.baseAddress, key_length: key?.count ?? 0,
                    value: values.baseAddress! + message.value.lowerBound, value_length: message.value.count,
                    tag: index))
        }
        lectern_kafka_producer_add(raw, outgoing, outgoing.count)
        self.outgoing = outgoing
    }

    /// A message that was given up.
    private struct Failure {
        let index: Int
        let cause: lectern_kafka_cause
        let reason: String

        var isTooLarge: Bool { cause != LECTERN_KAFKA_NOT_DELIVERED }
    }

    /// Waits until all messages are durable or given up.
    private func wait() throws -> [Failure] {
        var failures: [Failure] = []
        var fatal: String?
        while true {
            let left = lectern_kafka_producer_wait(raw, 100)
            var count = 0
            let list = lectern_kafka_producer_given_up(raw, &count)
            for index in 0..<count {
                let message = list![index]
                failures.append(
                    Failure(
                        index: message.tag, cause: message.cause,
                        reason: fatal ?? String(cString: message.reason)))
            }
            state.note(left > 0 ? trouble : nil, of: \.writing)
            if left == 0 { return failures }
            var reason = ""
            if withReason(&reason, { lectern_kafka_producer_is_fatal(raw, $0, $1) }) != 0 { fatal = reason }
            if closing.hasPassed {
                throw broken("the brokers have not answered within log.kafka.timeout. \(trouble ?? "")")
            }
        }
    }

    private var trouble: String? {
        let text = String(cString: lectern_kafka_producer_trouble(raw))
        return text.isEmpty ? nil : text
    }

    private func broken(_ reason: String) -> LogError { LogError(.broker, "\(configuration.name): \(reason)") }
}
