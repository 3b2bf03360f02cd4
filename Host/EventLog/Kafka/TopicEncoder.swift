import Records

/// Makes messages of groups of records, for the log's topic. Used by the log's thread alone.
struct TopicEncoder: ~Copyable {
    struct Message {
        let partition: Int
        /// Where its record begins in the group; nil: it is none.
        let record: Int?
        /// Its key, in `values`, where it is not the record's actor; then its value.
        let key: Range<Int>?
        let value: Range<Int>
    }

    /// Of the last group.
    private(set) var messages: [Message] = []
    /// The numbers of its clients.
    private(set) var runs: [DurableState.ClientRun] = []
    private var values = Bytes()
    private var sessions = LiveSessions()
    private let state: DurableState
    private let sealer: MessageSealer?

    init(_ topic: LogTopic, _ identity: LogIdentity, _ state: DurableState) {
        self.state = state
        sealer = topic.keys.map { MessageSealer($0, identity) }
    }

    mutating func close(session: UInt32) { sessions.remove(session) }

    /// Finds what seals a group, before it is encoded.
    ///
    /// - Returns: why that can't be done now; nil: it is done.
    func findKeys(of records: UnsafeRawBufferPointer) throws -> String? { try sealer?.findKeys(of: records) }

    /// Where keys and values lie. Borrowed until the next group.
    var bytes: UnsafeRawBufferPointer { values.contents }

    mutating func encode(_ records: UnsafeRawBufferPointer, _ notes: [TopicNotes.Note]) {
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
            let offset = UnsafeRawPointer(record.header) - records.baseAddress!
            add(record, offset, session.record, ordinal, acknowledged: record.client.isEmpty ? 0 : acknowledged)
            ordinal = record.isContinued ? ordinal &+ 1 : 0
        }
        for note in notes {
            let start = values.count
            TopicMessage.appendHead(note.kind, to: &values)
            values.append(note.body)
            messages.append(
                Message(partition: note.partition, record: nil, key: nil, value: start..<values.count))
        }
    }

    private mutating func add(
        _ record: RecordView, _ offset: Int, _ session: [UInt8], _ ordinal: UInt16, acknowledged: UInt64
    ) {
        let start = values.count
        if let sealer, MessageSealer.seals(record) {
            // What an erased student still sends is kept nowhere.
            guard let seal = sealer.seal(of: record) else { return }
            LogIdentity.append(textOfPseudonym: seal.actor, to: &values)
            let key = start..<values.count
            sealer.append(
                record, seal, session: session, ordinal: ordinal, acknowledged: acknowledged, to: &values)
            messages.append(
                Message(
                    partition: record.partition, record: offset, key: key, value: key.upperBound..<values.count))
        } else {
            TopicMessage.appendHead(
                .record, ordinal: ordinal, acknowledged: acknowledged, session: session.count, to: &values)
            session.withUnsafeBytes { values.append($0) }
            values.append(record.bytes)
            messages.append(
                Message(partition: record.partition, record: offset, key: nil, value: start..<values.count))
        }
    }

    /// Notes the number of a client. Returns whether another client's came before.
    private mutating func note(_ record: RecordView) -> Bool {
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
}
