import Records
import Synchronization

/// Where appenders leave what the log's thread then takes as one group.
///
/// `@unchecked Sendable`: every variable is used under `lock` alone.
final class AppendQueue: @unchecked Sendable {
    private let delay: Duration
    private let limit: Int
    /// So many bytes are worth a sync without waiting for more.
    private static let fullGroup = 1 << 20

    private let lock = Lock()
    private let work = Lock.Condition()
    private let room = Lock.Condition()
    private var group = CommitGroup()
    private var oldest = MonotonicTime.now
    /// Bytes of the group that the log's thread has taken and not yet finished.
    private var taken = 0
    private var isUrgent = false
    private var isClosed = false
    private var failure: LogError?
    /// Bytes that wait, for readers without the lock.
    private let waiting = Atomic(0)

    init(delay: Duration, limit: Int) {
        self.delay = delay
        self.limit = limit
    }

    var isCongested: Bool { waiting.load(ordering: .relaxed) > limit / 2 }

    /// Adds to the group, after waiting for room. Calls back at once if the log has stopped.
    func append(_ records: UnsafeRawBufferPointer, _ letters: [DeadLetter], _ callback: DurableCallback?) {
        lock.lock()
        let size = records.count + letters.reduce(0) { $0 + $1.weight }
        while failure == nil, !isClosed, group.bytes + taken > 0, group.bytes + taken + size > limit {
            isUrgent = true
            work.signal()
            room.wait(lock)
        }
        if let error = failure ?? (isClosed ? .closed : nil) {
            lock.unlock()
            callback?(.failure(error))
            return
        }
        let wasEmpty = group.isEmpty
        let wasFull = group.bytes >= Self.fullGroup
        group.records.append(records)
        if !letters.isEmpty { group.add(letters) }
        if let callback { group.callbacks.append(callback) }
        waiting.store(group.bytes + taken, ordering: .relaxed)
        if wasEmpty { oldest = .now }
        let wakes = wasEmpty || (!wasFull && group.bytes >= Self.fullGroup)
        lock.unlock()
        if wakes { work.signal() }
    }

    func closeSession(_ number: UInt32) {
        lock.lock()
        if group.isEmpty { oldest = .now }
        group.closedSessions.append(number)
        lock.unlock()
        work.signal()
    }

    /// Waits for no further records: what is there is taken at once.
    func hurry() {
        lock.lock()
        isUrgent = true
        lock.unlock()
        work.signal()
    }

    /// Refuses all that follows, and lets the log's thread end when it has taken the rest.
    func close() {
        lock.lock()
        isClosed = true
        lock.unlock()
        work.signal()
        room.broadcast()
    }

    /// Waits for a group that is old or large enough, and leaves `empty` in its place. Nil after the last one.
    func take(leaving empty: CommitGroup) -> CommitGroup? {
        lock.lock()
        defer { lock.unlock() }
        taken = 0
        waiting.store(group.bytes, ordering: .relaxed)
        room.broadcast()
        while group.isEmpty {
            if isClosed { return nil }
            work.wait(lock)
        }
        let deadline = oldest + delay
        while !isUrgent, !isClosed, group.bytes < Self.fullGroup, work.wait(lock, until: deadline) {}
        defer { group = empty }
        taken = group.bytes
        isUrgent = false
        return group
    }

    /// Refuses all that follows with the error.
    func stop(_ error: LogError) {
        lock.lock()
        failure = error
        lock.unlock()
        room.broadcast()
    }
}
