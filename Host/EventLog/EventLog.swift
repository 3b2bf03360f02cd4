import Glibc
package import Records
import Synchronization

/// The log: records in partitions, made durable in groups. It is embedded, in segments that all partitions share; or a topic
/// of a Kafka cluster, if its configuration names one.
///
///     let log = try EventLog.open(EventLogConfiguration(directory: "data/log"))
///     let batch = RecordBatch()
///     var record = NewRecord()
///     …                                        // one record a frame
///     try batch.append(record)
///     log.append(batch) { result in … }        // acknowledge, once it is durable
///     batch.removeAll()
///
/// `append` copies the batch into the log's buffer. A thread of the log's own takes the buffer, makes it
/// durable (in a segment, with positions, salts and checksums; or by the brokers' acknowledgement), and then calls the
/// callbacks. Whatever disk or brokers refuse stops the log for good: no callback succeeds afterwards, and `failure` says
/// why. Brokers that do not answer are waited for.
///
/// All members can be called from any thread. What throws, throws a `LogError`.
package final class EventLog: Sendable {
    package let configuration: EventLogConfiguration
    package let identity: LogIdentity
    /// What opening found and did.
    package let recovery: LogRecovery
    /// The stored dead letters.
    package let deadLetters: DeadLetters
    /// What came before its connection had said who it is.
    package let earlyFrames: EarlyFrames
    /// The actors whose events nobody may append any more.
    package let erased: ErasedActors
    /// What makes the log tamper-evident; nil if the settings don't ask for it.
    package let integrity: LogIntegrity?

    /// How the log is called in messages.
    let place: String
    private let folder: LogFolder
    let storage: any LogStorage
    private let queue: AppendQueue
    private let state: DurableState
    private let sessions: Atomic<UInt32>
    private let thread: Mutex<WorkThread?>
    private let closing = CloseDeadline()

    /// Opens the log in the configuration's folder or topic, or creates it.
    ///
    /// After a crash the last segment's torn end is cut off; `recovery` says what. Damage to what was durable is an
    /// error. One process at a time can have a folder open.
    ///
    /// - Parameter keys: those of the students, with `kafka.sealing`.
    package static func open(
        _ configuration: EventLogConfiguration, keys: (any StudentKeyStore)? = nil
    ) throws -> EventLog {
        if let kafka = configuration.kafka {
            try EventLog(configuration, TopicOpening(configuration, kafka, keys: keys))
        } else {
            try EventLog(configuration, LogOpening(configuration))
        }
    }

    private init(_ configuration: EventLogConfiguration, _ opening: LogOpening) throws {
        self.configuration = configuration
        identity = opening.identity
        recovery = opening.recovery
        folder = opening.folder
        place = folder.path
        erased = ErasedActors(identity)
        let end = LogOffset(segment: opening.last.header.number, byte: UInt32(opening.last.end))
        state = DurableState(
            end: end, nextPositions: opening.last.nextPositions, segments: opening.segments, marks: opening.last.marks,
            tail: Tail(limit: configuration.tailBytes))
        queue = AppendQueue(delay: configuration.syncDelay, limit: configuration.bufferBytes)
        sessions = Atomic(opening.last.highestSession)
        let letters = try DeadLetterWriter(folder.deadLettersPath, limit: configuration.deadLetterBytes)
        deadLetters = letters.letters
        earlyFrames = try EarlyFrames(log: folder.path, configuration.early)
        let segments = try SegmentWriter(
            configuration, identity, folder, opening.durable, state, last: opening.last)
        integrity =
            configuration.integrity
            ? try LogIntegrity(folder, identity, state, interval: configuration.treeHeads) : nil
        let storage = SegmentStorage(folder: folder, identity: identity, state: state, integrity: integrity)
        self.storage = storage
        let committer = Committer(queue, state, segments, letters)
        thread = Mutex(WorkThread(name: "log") { committer.run() })
        try storage.finishRemoval()
    }

    private init(_ configuration: EventLogConfiguration, _ opening: TopicOpening) throws {
        self.configuration = configuration
        identity = opening.identity
        recovery = opening.recovery
        folder = opening.folder
        place = opening.topic.configuration.name
        erased = opening.topic.keys?.erased ?? ErasedActors(identity)
        integrity = nil
        let starts = opening.starts.map(\.start)
        let state = DurableState(
            end: LogOffset(segment: 1, byte: 0), nextPositions: starts,
            segments: [.init(number: 1, basePositions: starts, length: 0)],
            marks: ClientMarks(key: identity.sipHashKey), tail: Tail(limit: configuration.tailBytes))
        let queue = AppendQueue(delay: configuration.syncDelay, limit: configuration.bufferBytes)
        self.state = state
        self.queue = queue
        // Of all hosts that write this log, no two should begin alike; a later session with a number replaces the one before.
        sessions = Atomic(UInt32.random(in: 1...(.max >> 1)))
        let letters = try DeadLetterWriter(folder.deadLettersPath, limit: configuration.deadLetterBytes)
        deadLetters = letters.letters
        earlyFrames = try EarlyFrames(log: folder.path, configuration.early)
        let notes = TopicNotes()
        let tail = try TopicTail(
            opening.topic, identity, state, notes, tailBytes: configuration.tailBytes, starts: opening.starts,
            partitions: opening.partitions, first: opening.ends.map(\.lowerBound))
        try tail.catchUp(to: opening.ends.map(\.upperBound))
        let writer = try TopicWriter(opening.topic, identity, state, notes, closing)
        storage = try TopicStorage(opening.topic, identity, state, tail, partitions: opening.partitions) { failure in
            queue.stop(failure)
            state.stop(failure)
        }
        let committer = Committer(queue, state, writer, letters)
        thread = Mutex(WorkThread(name: "log") { committer.run() })
    }

    deinit { stopThread() }

    // MARK: Appending

    /// Appends the records of a batch, in order, and after those of every call that returned before.
    ///
    /// Blocks while more than `configuration.bufferBytes` wait for the disk; watch `isCongested` to never get there.
    ///
    /// - Parameters:
    ///   - letters: dead letters of the same read. They are durable before the batch is, so that a client's later
    ///     number in the log never vouches for a frame that is nowhere.
    ///   - onDurable: called once, with success when all of it is durable, or with the reason why it never will be.
    ///     Called on the log's thread, which it must not block; or, if the log has stopped before, by `append` itself.
    package func append(
        _ batch: RecordBatch, letters: [DeadLetter] = [],
        onDurable: (@Sendable (Result<Void, LogError>) -> Void)? = nil
    ) {
        queue.append(batch.bytes, letters, onDurable)
    }

    /// Stores dead letters alone. As `append` of a batch.
    package func append(letters: [DeadLetter], onDurable: (@Sendable (Result<Void, LogError>) -> Void)? = nil) {
        queue.append(UnsafeRawBufferPointer(start: nil, count: 0), letters, onDurable)
    }

    /// More than half of the buffer waits for the disk: stop reading sockets until the next callback.
    package var isCongested: Bool { queue.isCongested }

    /// A number for a new session. Its session record is the first record with that number that the caller appends
    /// (kind `.session`; a later one replaces it), and is repeated at each segment's head until `closeSession`.
    package func newSession() -> UInt32 { sessions.add(1, ordering: .relaxed).newValue }

    /// Ends a session: all that was appended before still belongs to it, and nothing may follow.
    package func closeSession(_ number: UInt32) { queue.closeSession(number) }

    /// Whether a session whose record was read from this log is over: then all of its records are durable. Sessions of
    /// processes that had the log open before are.
    package func hasEnded(session: UInt32) -> Bool { !state.isOpen(session: session) }

    /// Whether hosts of a group share the log, each of which has some of its partitions: see `assign`.
    package var isShared: Bool { configuration.kafka?.group != nil }

    /// Has cursors read these partitions, and no others, of a log that hosts of a group share. Blocks until what they hold now can be
    /// read; a cursor has to be made anew for partitions that it did not have.
    ///
    /// - Throws: `broker` if the brokers do not answer within the time-out: then no partition can be read.
    package func assign(_ partitions: [Int]) throws { try storage.assign(partitions) }

    /// Blocks until all that was appended before is durable, and cursors can read it. Not for callbacks, which the log's thread
    /// runs.
    package func flush() throws {
        let done = DurableWait()
        append(letters: []) { done.finish($0) }
        queue.hurry()
        try done.wait().get()
        try storage.settle()
    }

    /// Blocks until cursors can read all that is durable: what callbacks were called for lies before `durableEnd` then.
    package func settle() throws { try storage.settle() }

    /// What the log waits for and tries again, for the operator; nil: nothing.
    package var trouble: String? {
        let trouble = state.trouble
        return (trouble.writing ?? trouble.reading).map { "\(place): \($0)" }
    }

    /// Why the log has stopped, or nil.
    package var failure: LogError? { state.whyStopped }

    // MARK: Reading

    /// Up to here everything is durable. `LogCursor` reads up to it.
    package var durableEnd: LogOffset { state.end }

    /// Blocks until the durable end lies after `offset`, or `timeout` is over, or the log stops; returns the durable
    /// end.
    package func waitForDurable(after offset: LogOffset, timeout: Duration) -> LogOffset {
        state.wait(after: offset, timeout: timeout)
    }

    /// The position of each partition's next record, at the durable end.
    package var nextPositions: [UInt64] { state.positions }

    /// The position of each partition's first record that is kept.
    package var firstPositions: [UInt64] { storage.firstPositions }

    /// The highest sequence number of a client's durable records, or nil if there is none. Outlives restarts and the
    /// deletion of segments. Of a log in Kafka it is, after a start, what a client was told before its last records there: what
    /// it sends again counts once.
    package func highestSequence(client: String) -> UInt64? {
        var client = client
        return client.withUTF8 { state.sequence(of: UnsafeRawBufferPointer($0)) }
    }

    func source(from positions: UnsafeMutableBufferPointer<UInt64>, chunkBytes: Int) throws -> any RecordSource {
        try storage.source(from: positions, chunkBytes: chunkBytes)
    }

    // MARK: Life

    /// Deletes the segments before `number`; the one of the durable end always stays. Cursors that stand in a deleted
    /// segment read it to its end. With `integrity`, it is signed first that they are deleted on purpose.
    /// - Throws: `settings` if the log was signed and `integrity` is off now: the deletion would pass for tampering.
    package func removeSegments(before number: UInt32) throws { try storage.removeSegments(before: number) }

    /// Has what follows wait for brokers no longer than `log.kafka.timeout`: the log is about to be closed. Embedded logs wait for
    /// nobody.
    package func beginClosing() {
        if let kafka = configuration.kafka { closing.begin(kafka.timeout) }
    }

    /// Makes all that was appended durable and ends. Later calls do nothing; appends are refused.
    package func close() throws {
        stopThread()
        if let failure { throw failure }
    }

    private func stopThread() {
        beginClosing()
        queue.close()
        thread.withLock { running in
            running?.join()
            running = nil
        }
        storage.stop()
        earlyFrames.close()
        folder.unlock()
    }
}
