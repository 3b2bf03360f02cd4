import Records

/// Makes a running log tamper-evident: a thread that follows it with a `TreeWriter`. Nothing that appends or reads waits
/// for it.
///
/// Methods block, and can be called from any thread but the log's. What throws, throws a `LogError`.
///
/// `@unchecked Sendable`: variables are used under `lock` alone, but for `thread` in `init`, when nobody else has this.
package final class LogIntegrity: @unchecked Sendable {
    private typealias Request = (work: @Sendable (TreeWriter) throws -> Void, done: DurableWait)

    private let state: DurableState
    /// The first segment that the newest signed retention keeps, when the log was opened.
    let retainedFrom: UInt32?
    private let lock = Lock()
    private let changed = Lock.Condition()
    private var requests: [Request] = []
    private var isStopping = false
    private var error: LogError?
    private var thread: WorkThread?

    /// How long records wait before they are hashed: what one hashes together costs less.
    private static let pause = Duration.milliseconds(100)
    /// What is hashed before others get a turn.
    private static let slice = 16 << 20
    /// How long the end of a host waits for a tree that is far behind. It goes on at the next start.
    private static let patience = Duration.seconds(5)

    /// - Parameter interval: between two tree heads.
    init(_ folder: LogFolder, _ identity: LogIdentity, _ state: DurableState, interval: Duration) throws {
        self.state = state
        let start = Start(try TreeWriter(folder, identity, state))
        retainedFrom = start.writer.retention?.segment
        thread = WorkThread(name: "integrity") { [unowned self] in run(start.writer, interval) }
    }

    /// Hands the writer over to the thread, which alone uses it from then on.
    private struct Start: @unchecked Sendable {
        let writer: TreeWriter
        init(_ writer: TreeWriter) { self.writer = writer }
    }

    /// Why the trees have stopped growing, or nil. The log itself goes on.
    package var failure: LogError? {
        lock.lock()
        defer { lock.unlock() }
        return error
    }

    /// Signs heads for all that is durable now.
    package func publish() throws { try perform { _ in } }

    /// Signs that other bytes are going to stand in the place of some records: to be called *before* they are
    /// overwritten. A record that is overwritten keeps its place, length and position; `log verify` then accepts the
    /// replacement, and nothing else, there.
    /// - Throws: `outOfRange` if `leaf` is not what the tree has at that position.
    package func signErasure(of records: [Erasure.Erased]) throws {
        try perform { try $0.signErasure(of: records) }
    }

    /// Signs that the segments before one are deleted. To be called before they are.
    func signRetention(before header: SegmentHeader) throws {
        try perform { try $0.signRetention(before: header) }
    }

    /// Follows the log to its end, signs, and ends.
    func stop() {
        lock.lock()
        isStopping = true
        let running = thread
        thread = nil
        lock.unlock()
        changed.signal()
        running?.join()
    }

    /// Runs something on the thread, after all that is durable now has been signed.
    private func perform(_ work: @escaping @Sendable (TreeWriter) throws -> Void) throws {
        let done = DurableWait()
        lock.lock()
        let refusal = error ?? (isStopping ? .closed : nil)
        if refusal == nil { requests.append((work, done)) }
        lock.unlock()
        if let refusal { throw refusal }
        changed.signal()
        try done.wait().get()
    }

    private func run(_ writer: TreeWriter, _ interval: Duration) {
        var due = MonotonicTime.now + interval
        var isBehind = false
        while true {
            let (requests, isLast) = waitForWork(isBehind ? .zero : Self.pause)
            let patience = MonotonicTime.now + Self.patience
            do {
                repeat {
                    isBehind = try !writer.follow(through: state.end, limit: Self.slice)
                } while isBehind && (!requests.isEmpty || (isLast && .now < patience))
                if isLast || !requests.isEmpty || due < .now {
                    try writer.publish()
                    due = .now + interval
                }
            } catch {
                return fail(error, requests)
            }
            for request in requests {
                do {
                    try request.work(writer)
                    request.done.finish(.success(()))
                } catch {
                    request.done.finish(.failure(Self.wrapped(error)))
                }
            }
            if isLast { return }
        }
    }

    private func waitForWork(_ pause: Duration) -> (requests: [Request], isLast: Bool) {
        let deadline = MonotonicTime.now + pause
        lock.lock()
        defer { lock.unlock() }
        while requests.isEmpty, !isStopping, changed.wait(lock, until: deadline) {}
        defer { requests = [] }
        return (requests, isStopping)
    }

    private func fail(_ error: any Error, _ taken: [Request]) {
        let failure = Self.wrapped(error)
        lock.lock()
        self.error = failure
        let waiting = taken + requests
        requests = []
        lock.unlock()
        for request in waiting { request.done.finish(.failure(failure)) }
    }

    private static func wrapped(_ error: any Error) -> LogError {
        error as? LogError ?? LogError(.disk, "the trees of the log failed: \(error)")
    }
}
