import Records
import Synchronization

/// Until when a log that is being closed waits for its brokers.
final class CloseDeadline: Sendable {
    private let deadline = Mutex<MonotonicTime?>(nil)

    func begin(_ patience: Duration) { deadline.withLock { $0 = $0 ?? MonotonicTime.now + patience } }

    var hasPassed: Bool { deadline.withLock { $0.map { $0 <= .now } ?? false } }
}
