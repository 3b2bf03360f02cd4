/// Waits for a callback of the log.
///
/// `@unchecked Sendable`: the result is used under `lock` alone.
final class DurableWait: @unchecked Sendable {
    private let lock = Lock()
    private let finished = Lock.Condition()
    private var result: Result<Void, LogError>?

    func finish(_ result: Result<Void, LogError>) {
        lock.lock()
        self.result = result
        lock.unlock()
        finished.broadcast()
    }

    func wait() -> Result<Void, LogError> {
        lock.lock()
        defer { lock.unlock() }
        while true {
            if let result { return result }
            finished.wait(lock)
        }
    }
}
