import CRecords
import Glibc

/// A thread of its own for work that blocks.
///
/// `@unchecked Sendable`: the members are constant once `init` has returned.
final class LogThread: @unchecked Sendable {
    private var thread = pthread_t()

    /// Starts the thread. `name` has at most 15 bytes.
    init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name, body))
        let result = pthread_create(&thread, nil, { context in
            // The thread takes over the reference that `passRetained` gave.
            let start = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
            lectern_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
        precondition(result == 0, "the system has no room for another thread")
    }

    /// Waits until the body has returned. To be called once.
    func join() { pthread_join(thread, nil) }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
