package import EventLog
import Synchronization

/// What ingest has done since the host started. Read at any time, from any thread.
package final class IngestCounters: Sendable {
    private let acceptedCount = Atomic<UInt64>(0)
    private let duplicateCount = Atomic<UInt64>(0)
    private let undecodedCount = Atomic<UInt64>(0)
    private let unauthenticatedCount = Atomic<UInt64>(0)
    private let refusedCount = Atomic<UInt64>(0)
    private let sourceRejectionCount = Atomic<UInt64>(0)
    private let blockedCount = Atomic<UInt64>(0)
    private let erasedCount = Atomic<UInt64>(0)
    private let clampedCount = Atomic<UInt64>(0)
    private let connectionCount = Atomic<Int>(0)
    private let backlogByteCount = Atomic<Int>(0)
    private let waitingCount = Atomic<Int>(0)
    private let typeCounts = Mutex(TypeCounts())
    /// Grows with each change of `types`.
    private let typesVersion = Atomic<Int>(0)

    init() {}

    /// Frames, lines and events of bodies that went on to the log.
    package var accepted: UInt64 { acceptedCount.load(ordering: .relaxed) }
    /// Those that a numbering client had sent before.
    package var duplicates: UInt64 { duplicateCount.load(ordering: .relaxed) }
    /// Events that were not taken because a rule says so.
    package var blocked: UInt64 { blockedCount.load(ordering: .relaxed) }
    /// Events that were not taken because their students were erased.
    package var erased: UInt64 { erasedCount.load(ordering: .relaxed) }
    /// Events whose time was of the future.
    package var clamped: UInt64 { clampedCount.load(ordering: .relaxed) }
    /// WebSockets that are open.
    package var connections: Int { connectionCount.load(ordering: .relaxed) }
    /// Bytes of events that wait for authentication.
    package var backlogBytes: Int { backlogByteCount.load(ordering: .relaxed) }

    /// Events that wait for what is looked up of them, with those behind them.
    package var waiting: Int { waitingCount.load(ordering: .relaxed) }

    /// Accepted events by type.
    package var types: TypeCounts { typeCounts.withLock { $0 } }

    /// Counts events of these types each on its own from now on.
    package func declare(types: some Sequence<String>) {
        typeCounts.withLock { $0 = $0.declaring(types) }
        typesVersion.wrappingAdd(1, ordering: .releasing)
    }

    /// Replaces `counts` if more types were declared since it was of the version.
    func refresh(_ counts: inout TypeCounts?, version: inout Int) -> TypeCounts {
        let now = typesVersion.load(ordering: .acquiring)
        if let counts, version == now { return counts }
        let current = types
        (counts, version) = (current, now)
        return current
    }

    /// Those that went to the dead letters at a stage of ingest; 0 for stages of the fold.
    package func rejected(at stage: DeadLetter.Stage) -> UInt64 {
        switch stage {
        case .decode: undecodedCount.load(ordering: .relaxed)
        case .authenticate: unauthenticatedCount.load(ordering: .relaxed)
        case .protect: refusedCount.load(ordering: .relaxed)
        case .source: sourceRejectionCount.load(ordering: .relaxed)
        case .dedup, .filter, .read, .reduce: 0
        }
    }

    func count(accepted: Int, duplicates: Int) {
        if accepted > 0 { acceptedCount.wrappingAdd(UInt64(accepted), ordering: .relaxed) }
        if duplicates > 0 { duplicateCount.wrappingAdd(UInt64(duplicates), ordering: .relaxed) }
    }

    func countRejection(at stage: DeadLetter.Stage) {
        switch stage {
        case .decode: undecodedCount.wrappingAdd(1, ordering: .relaxed)
        case .authenticate: unauthenticatedCount.wrappingAdd(1, ordering: .relaxed)
        case .protect: refusedCount.wrappingAdd(1, ordering: .relaxed)
        case .source: sourceRejectionCount.wrappingAdd(1, ordering: .relaxed)
        case .dedup, .filter, .read, .reduce: break
        }
    }

    func countBlocked() { blockedCount.wrappingAdd(1, ordering: .relaxed) }

    func countClamped() { clampedCount.wrappingAdd(1, ordering: .relaxed) }

    func countWaiting(_ events: Int) { waitingCount.wrappingAdd(events, ordering: .relaxed) }

    func countErased() { erasedCount.wrappingAdd(1, ordering: .relaxed) }

    /// Counts a connection that opens, unless `limit` are open.
    func openConnection(limit: Int) -> Bool {
        if connectionCount.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        closeConnection()
        return false
    }

    func closeConnection() { connectionCount.wrappingSubtract(1, ordering: .relaxed) }

    /// Counts bytes that begin to wait for authentication, unless there would be more than `limit`.
    func hold(_ bytes: Int, limit: Int) -> Bool {
        if backlogByteCount.wrappingAdd(bytes, ordering: .relaxed).newValue <= limit { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { backlogByteCount.wrappingSubtract(bytes, ordering: .relaxed) }
}
