import CRecords
import Glibc

/// A thread of its own for work that blocks or must not be disturbed.
///
/// `@unchecked Sendable`: the members are constant once `init` has returned.
package final class WorkThread: @unchecked Sendable {
    private var thread = pthread_t()

    /// Starts the thread. `name` has at most 15 bytes.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name, body))
        let result = pthread_create(
            &thread, nil,
            { context in
                // The thread takes over the reference that `passRetained` gave.
                let start = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
                lectern_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(result == 0, "the system has no room for another thread")
    }

    /// Waits until the body has returned. To be called once.
    package func join() { pthread_join(thread, nil) }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

/// Hands values from one thread to another, at most `limit` of them at once. Any thread.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // `@unchecked Sendable`: everything below is touched only while `mutex` is held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var isClosed = false
    private let limit: Int

    package init(limit: Int) {
        self.limit = limit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Adds the element; waits while the queue is full.
    package func put(_ element: Element) {
        pthread_mutex_lock(mutex)
        while elements.count >= limit { pthread_cond_wait(changed, mutex) }
        elements.append(element)
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Adds the element, unless the queue is full or closed; returns whether it did.
    package func offer(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed, elements.count < limit else { return false }
        elements.append(element)
        pthread_cond_broadcast(changed)
        return true
    }

    /// Takes the oldest element; waits for one. Nil once the queue is closed and empty.
    package func take() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(changed, mutex)
        }
        pthread_cond_broadcast(changed)
        return elements.removeFirst()
    }

    /// Takes the oldest element if there is one.
    package func takeIfAny() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !elements.isEmpty else { return nil }
        pthread_cond_broadcast(changed)
        return elements.removeFirst()
    }

    /// Nothing more is put.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}
