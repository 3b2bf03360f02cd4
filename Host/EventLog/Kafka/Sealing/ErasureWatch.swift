import Records
import Synchronization

/// Asks every second which students were erased on other hosts of the log. Any thread.
final class ErasureWatch: Sendable {
    private static let interval = Duration.seconds(1)

    private let stopping = Stopping()
    private let thread: Mutex<WorkThread?>

    init(_ keys: StudentKeys) {
        thread = Mutex(
            WorkThread(name: "erasures") { [stopping] in
                // While the store does not answer, nobody can be erased.
                while !stopping.wait(Self.interval) { try? keys.refresh() }
            })
    }

    func stop() {
        stopping.stop()
        thread.withLock { running in
            running?.join()
            running = nil
        }
    }

    /// `@unchecked Sendable`: the variable is used under `lock` alone.
    private final class Stopping: @unchecked Sendable {
        private let lock = Lock()
        private let changed = Lock.Condition()
        private var hasStopped = false

        func stop() {
            lock.lock()
            hasStopped = true
            changed.broadcast()
            lock.unlock()
        }

        /// Returns whether it was stopped.
        func wait(_ time: Duration) -> Bool {
            let deadline = MonotonicTime.now + time
            lock.lock()
            defer { lock.unlock() }
            while !hasStopped, changed.wait(lock, until: deadline) {}
            return hasStopped
        }
    }
}
