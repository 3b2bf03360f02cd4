import CKafka
import CRecords
import Kafka
import Records
import Synchronization

/// Makes groups of records durable as messages of the log's topic. Used by the log's thread alone.
///
/// One message a record, its key the actor's id. A group is durable when the brokers have acknowledged all of it; only
/// then does the next one begin, so that what a client was told never lies behind what may still fail. Brokers that do
/// not answer are waited for: the log's buffer fills up meanwhile, and clients wait.
final class TopicWriter: RecordWriter {
    private struct Message {
        let partition: Int
        /// Where its record begins in the group; nil: it is none.
        let record: Int?
        let value: Range<Int>
    }

    private let configuration: KafkaLogConfiguration
    private let state: DurableState
    private let closing: CloseDeadline
    private let notes: TopicNotes
    private var raw: OpaquePointer
    private var sessions = LiveSessions()
    private var values = Bytes()
    private var messages: [Message] = []
    private var runs: [DurableState.ClientRun] = []

    init(_ configuration: KafkaLogConfiguration, _ state: DurableState, _ notes: TopicNotes, _ closing: CloseDeadline)
        throws
    {
        self.configuration = configuration
        self.state = state
        self.notes = notes
        self.closing = closing
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
                ("message.timeout.ms", "0"), ("queue.buffering.max.messages", "10000000"),
                ("queue.buffering.max.kbytes", "2147483647"),
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
        encode(records)
        guard !messages.isEmpty else {
            state.note(runs)
            return []
        }
        let refused = try send(records)
        state.note(runs)
        return refused.compactMap { messages[$0].record }.map { letter(RecordView(at: records.baseAddress! + $0)) }
    }

    func closeSessions(_ numbers: [UInt32]) {
        for number in numbers { sessions.remove(number) }
        state.end(sessions: numbers)
    }

    func close() {}

    // MARK: Encoding

    private func encode(_ records: UnsafeRawBufferPointer) {
        values.truncate()
        messages.removeAll(keepingCapacity: true)
        runs.removeAll(keepingCapacity: true)
        var ordinal: UInt16 = 0
        var session: (number: UInt32, record: [UInt8]) = (0, [])
        var acknowledged: UInt64 = 0
        for record in RecordSequence(records) {
            if record.kind == .session {
                sessions.insert(record)
                state.begin(session: record.session)
                if record.session == session.number { session.number = 0 }
                continue
            }
            if note(record) { acknowledged = state.sequence(of: record.client) ?? 0 }
            guard record.kind?.hasPosition == true else { continue }
            if record.session != session.number {
                session = (record.session, sessions[record.session] ?? [])
            }
            let start = values.count
            let isNumbered = !record.client.isEmpty
            TopicMessage.appendHead(
                .record, ordinal: ordinal, acknowledged: isNumbered ? acknowledged : 0, session: session.record.count,
                to: &values)
            session.record.withUnsafeBytes { values.append($0) }
            values.append(record.bytes)
            messages.append(
                Message(
                    partition: record.partition, record: UnsafeRawPointer(record.header) - records.baseAddress!,
                    value: start..<values.count))
            ordinal = record.isContinued ? ordinal &+ 1 : 0
        }
        for note in notes.take() {
            let start = values.count
            TopicMessage.appendHead(note.kind, to: &values)
            values.append(note.body)
            messages.append(Message(partition: note.partition, record: nil, value: start..<values.count))
        }
    }

    /// Notes the number of a client. Returns whether another client's came before.
    private func note(_ record: RecordView) -> Bool {
        let client = record.client
        guard !client.isEmpty else { return false }
        let last = runs.count - 1
        if last >= 0, runs[last].client.elementsEqual(client) {
            runs[last].sequence = max(runs[last].sequence, record.sequence)
            runs[last].received = max(runs[last].received, record.received)
            return false
        }
        runs.append(.init(client: client, sequence: record.sequence, received: record.received))
        return true
    }

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
        var refused: [Int] = []
        for index in messages.indices where try !add(index, of: records) { refused.append(index) }
        let failed = try wait()
        guard !failed.isEmpty else { return refused }
        guard failed.contains(where: \.isTooLarge) else { throw broken(failed[0].reason) }
        // The brokers take none of a batch that is too large, and nothing after it: what is left goes one by one.
        try reopen()
        for index in failed.map(\.index).sorted() {
            guard try add(index, of: records) else {
                refused.append(index)
                continue
            }
            guard let failure = try wait().first else { continue }
            guard failure.isTooLarge else { throw broken(failure.reason) }
            refused.append(index)
            try reopen()
        }
        return refused
    }

    /// Has a message be sent. Returns false if it is larger than `message.max.bytes`.
    private func add(_ index: Int, of records: UnsafeRawBufferPointer) throws -> Bool {
        let message = messages[index]
        let key = message.record.map { RecordView(at: records.baseAddress! + $0).actor }
        while true {
            let added = lectern_kafka_producer_add(
                raw, Int32(message.partition), key?.baseAddress, key?.count ?? 0,
                values.contents.baseAddress! + message.value.lowerBound, message.value.count, index)
            switch added {
            case LECTERN_KAFKA_ADDED: return true
            case LECTERN_KAFKA_TOO_LARGE: return false
            case LECTERN_KAFKA_FULL: lectern_kafka_producer_wait(raw, 10)
            default: throw broken(trouble ?? "a message was not taken")
            }
        }
    }

    /// A message that was given up.
    private struct Failure {
        let index: Int
        let isTooLarge: Bool
        let reason: String
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
                        index: message.tag, isTooLarge: message.is_too_large != 0,
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
