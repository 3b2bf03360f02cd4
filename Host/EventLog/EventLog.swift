import Glibc
package import Records
import Synchronization

/// The embedded log: records in partitions that share one sequence of segments, made durable in groups.
///
///     let log = try EventLog.open(EventLogConfiguration(directory: "data/log"))
///     let batch = RecordBatch()
///     var record = NewRecord()
///     …                                        // one record a frame
///     try batch.append(record)
///     log.append(batch) { result in … }        // acknowledge, once it is durable
///     batch.removeAll()
///
/// `append` copies the batch into the log's buffer. A thread of the log's own takes the buffer, gives the records their
/// positions, salts and checksums, writes and syncs them, moves `durableEnd`, and then calls the callbacks. Whatever
/// the disk refuses stops the log for good: no callback succeeds afterwards, and `failure` says why.
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

    let folder: LogFolder
    private let queue: AppendQueue
    private let state: DurableState
    private let sessions: Atomic<UInt32>
    private let thread: Mutex<WorkThread?>

    /// Opens the log in the configuration's folder, or creates it.
    ///
    /// After a crash the last segment's torn end is cut off; `recovery` says what. Damage to what was durable is an
    /// error. One process at a time can have a log open.
    package static func open(_ configuration: EventLogConfiguration) throws -> EventLog {
        try EventLog(configuration, LogOpening(configuration))
    }

    private init(_ configuration: EventLogConfiguration, _ opening: LogOpening) throws {
        self.configuration = configuration
        identity = opening.identity
        recovery = opening.recovery
        folder = opening.folder
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
        let committer = Committer(queue, state, segments, letters)
        thread = Mutex(WorkThread(name: "log") { committer.run() })
        // Segments whose deletion was signed, and then interrupted.
        if let first = integrity?.retainedFrom { try dropSegments(before: first) }
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

    /// Blocks until all that was appended before is durable. Not for callbacks, which the log's thread runs.
    package func flush() throws {
        let done = DurableWait()
        append(letters: []) { done.finish($0) }
        queue.hurry()
        try done.wait().get()
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
    package var firstPositions: [UInt64] { state.keptSegments[0].basePositions }

    /// The highest sequence number of a client's durable records, or nil if there is none. Outlives restarts and the
    /// deletion of segments.
    package func highestSequence(client: String) -> UInt64? {
        var client = client
        return client.withUTF8 { state.sequence(of: UnsafeRawBufferPointer($0)) }
    }

    var segments: [DurableState.Segment] { state.keptSegments }

    func reader(fromSegment number: UInt32, chunkBytes: Int) throws -> LogReader {
        try LogReader(folder, identity, state, fromSegment: number, chunkBytes: chunkBytes)
    }

    // MARK: Life

    /// Deletes the segments before `number`; the one of the durable end always stays. Cursors that stand in a deleted
    /// segment read it to its end. With `integrity`, it is signed first that they are deleted on purpose.
    /// - Throws: `settings` if the log was signed and `integrity` is off now: the deletion would pass for tampering.
    package func removeSegments(before number: UInt32) throws {
        let first = min(number, durableEnd.segment)
        guard segments[0].number < first else { return }
        if let integrity {
            let path = folder.segmentPath(first)
            try integrity.signRetention(
                before: SegmentReader(path, number: first, identity: identity, chunkBytes: 0).header)
        } else if IntegrityFolder(folder, identity).isThere {
            throw LogError(
                .settings,
                "\(folder.path): this log is signed, so that no segment can be deleted unseen, and log.integrity is off; "
                    + "turn it on, or move the folder integrity away")
        }
        try dropSegments(before: first)
    }

    private func dropSegments(before number: UInt32) throws {
        for dropped in state.dropSegments(before: number) { try File.remove(folder.segmentPath(dropped)) }
        try folder.folder.syncAll()
    }

    /// Makes all that was appended durable and ends. Later calls do nothing; appends are refused.
    package func close() throws {
        stopThread()
        if let failure { throw failure }
    }

    private func stopThread() {
        queue.close()
        thread.withLock { running in
            running?.join()
            running = nil
        }
        integrity?.stop()
        earlyFrames.close()
        folder.unlock()
    }
}
