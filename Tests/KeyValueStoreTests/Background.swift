import Records
import Synchronization

/// Something that blocks, on a thread of its own.
final class Background: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let thread: Mutex<WorkThread?>

    init(_ body: @escaping @Sendable () throws -> Void) {
        thread = Mutex(nil)
        let work = WorkThread(name: "test") { [unowned self] in
            let ended = Result { try body() }
            result.withLock { $0 = ended }
        }
        thread.withLock { $0 = work }
    }

    deinit { join() }

    var isOver: Bool { result.withLock { $0 != nil } }

    /// Waits for its end; throws what it has thrown.
    func wait() throws {
        join()
        try result.withLock { try $0?.get() }
    }

    private func join() {
        let work = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        work?.join()
    }
}

/// What was reported.
final class Said: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
