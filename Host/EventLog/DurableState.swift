import Records
import Synchronization

/// What the log's thread publishes for everyone: the durable end, and what is known of the log up to there.
///
/// `@unchecked Sendable`: every variable is used under `lock` alone.
final class DurableState: @unchecked Sendable {
    struct Segment: Sendable {
        let number: UInt32
        let basePositions: [UInt64]
        /// Bytes; of the last segment only as of its beginning, since it grows.
        var length: Int
    }

    /// The numbers of a client's records that follow each other, their highest.
    struct ClientRun {
        let client: UnsafeRawBufferPointer
        var sequence: UInt64
        var received: Int64
    }

    private let lock = Lock()
    private let moved = Lock.Condition()
    private let packedEnd: Atomic<UInt64>
    private var nextPositions: [UInt64]
    private var segments: [Segment]
    private var marks: ClientMarks
    private var tail: Tail
    private var failure: LogError?
    private var troubles = Troubles()
    /// The sessions that may still get records.
    private var openSessions: Set<UInt32> = []

    init(end: LogOffset, nextPositions: [UInt64], segments: [Segment], marks: ClientMarks, tail: Tail) {
        packedEnd = Atomic(end.packed)
        self.nextPositions = nextPositions
        self.segments = segments
        self.marks = marks
        self.tail = tail
    }

    var end: LogOffset { LogOffset(packed: packedEnd.load(ordering: .acquiring)) }

    func wait(after offset: LogOffset, timeout: Duration) -> LogOffset {
        if end > offset { return end }
        let deadline = MonotonicTime.now + timeout
        lock.lock()
        defer { lock.unlock() }
        while end <= offset, failure == nil, moved.wait(lock, until: deadline) {}
        return end
    }

    /// Moves the end, after a sync.
    func publish(_ end: LogOffset, nextPositions: UnsafeMutableBufferPointer<UInt64>, runs: [ClientRun]) {
        lock.lock()
        for index in nextPositions.indices { self.nextPositions[index] = nextPositions[index] }
        for run in runs { marks.note(run.client, sequence: run.sequence, received: run.received) }
        segments[segments.count - 1].length = Int(end.byte)
        packedEnd.store(end.packed, ordering: .releasing)
        moved.broadcast()
        lock.unlock()
    }

    /// Notes clients' numbers that are durable.
    func note(_ runs: [ClientRun]) {
        guard !runs.isEmpty else { return }
        locked { for run in runs { marks.note(run.client, sequence: run.sequence, received: run.received) } }
    }

    /// Adds a segment, before anything in it is durable.
    func begin(_ segment: Segment) { locked { segments.append(segment) } }

    /// Goes on with a segment whose partitions begin elsewhere: what lies before it, only the brokers have.
    func restart(_ segment: Segment) {
        lock.lock()
        segments = [segment]
        nextPositions = segment.basePositions
        packedEnd.store(LogOffset(segment: segment.number, byte: 0).packed, ordering: .releasing)
        moved.broadcast()
        lock.unlock()
    }

    /// Notes a session before its record is durable.
    func begin(session: UInt32) { locked { _ = openSessions.insert(session) } }

    /// Notes sessions whose records are all durable.
    func end(sessions: [UInt32]) { locked { openSessions.subtract(sessions) } }

    func isOpen(session: UInt32) -> Bool { locked { openSessions.contains(session) } }

    func stop(_ error: LogError) {
        lock.lock()
        if failure == nil { failure = error }
        moved.broadcast()
        lock.unlock()
    }

    /// What is tried again, and does not succeed for now.
    struct Troubles {
        var writing: String?
        var reading: String?
    }

    var trouble: Troubles { locked { troubles } }

    /// Nil: there is none any more. Of two threads, each notes its own.
    func note(_ trouble: String?, of work: WritableKeyPath<Troubles, String?>) {
        locked { troubles[keyPath: work] = trouble }
    }

    var whyStopped: LogError? { locked { failure } }

    var positions: [UInt64] { locked { nextPositions } }

    var keptSegments: [Segment] { locked { segments } }

    var bytes: Int { locked { segments.reduce(0) { $0 + $1.length } } }

    /// Where a cursor at `offset` reads on.
    enum Place {
        /// In this block, up to this byte of the file at the latest.
        case memory(TailBlock, end: Int)
        /// In the segment's file, up to this byte at the latest.
        case file(end: Int)
        /// The segment ends here.
        case nextSegment
        /// The segment was deleted.
        case deleted
    }

    /// - Parameter end: not beyond the durable end.
    func place(of offset: LogOffset, through end: LogOffset) -> Place {
        locked {
            guard let segment = segments.last(where: { $0.number == offset.segment }) else { return .deleted }
            let end = end.segment == offset.segment ? Int(end.byte) : segment.length
            if Int(offset.byte) >= end { return .nextSegment }
            guard let found = tail.find(offset) else { return .file(end: end) }
            return .memory(found.block, end: min(end, found.end))
        }
    }

    /// Adds a block to the tail. Returns one to use again, if there is one.
    func extendTail(_ entry: Tail.Entry) -> TailBlock? { locked { tail.append(entry) } }

    /// Adds a block of a segment that only memory has, and forgets the segments, but for the last, whose beginning it has no more.
    /// Returns a block to use again, if there is one.
    func extendMemory(_ entry: Tail.Entry) -> TailBlock? {
        locked {
            let free = tail.append(entry)
            let whole = segments.drop { tail.find(LogOffset(segment: $0.number, byte: 0)) == nil }
            segments = whole.isEmpty ? segments.suffix(1) : Array(whole)
            return free
        }
    }

    func sequence(of client: UnsafeRawBufferPointer) -> UInt64? { locked { marks.sequence(of: client) } }

    /// Forgets the clients beyond `limit`, and gives the others to `body`.
    func forEachMark(limit: Int, _ body: (ClientMarks.Mark) throws -> Void) rethrows {
        try locked {
            marks.keepLatest(limit)
            try marks.forEach(body)
        }
    }

    /// Takes the segments before `number` out, except the last, and returns their numbers.
    func dropSegments(before number: UInt32) -> [UInt32] {
        locked {
            let dropped = segments.dropLast().prefix { $0.number < number }.map(\.number)
            segments.removeFirst(dropped.count)
            return dropped
        }
    }

    private func locked<R>(_ body: () throws -> R) rethrows -> R {
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }
}
