import Glibc

/// A mutex with conditions to wait for, which `Synchronization.Mutex` lacks.
///
/// `@unchecked Sendable`: it holds nothing but the addresses of POSIX objects, which are made for use by several
/// threads.
final class Lock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { check(pthread_mutex_init(mutex, nil)) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    @inline(__always)
    func lock() { pthread_mutex_lock(mutex) }

    @inline(__always)
    func unlock() { pthread_mutex_unlock(mutex) }

    /// Something that threads wait for while another holds the lock.
    final class Condition: @unchecked Sendable {
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init() {
            var attributes = pthread_condattr_t()
            check(pthread_condattr_init(&attributes))
            check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
            check(pthread_cond_init(condition, &attributes))
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            condition.deallocate()
        }

        func signal() { pthread_cond_signal(condition) }

        func broadcast() { pthread_cond_broadcast(condition) }

        /// Gives the lock up while waiting. May return without a signal: ask again.
        func wait(_ lock: Lock) { pthread_cond_wait(condition, lock.mutex) }

        /// As `wait`, at most until `deadline`; false if it has passed.
        func wait(_ lock: Lock, until deadline: MonotonicTime) -> Bool {
            var time = deadline.timespec
            return pthread_cond_timedwait(condition, lock.mutex, &time) != ETIMEDOUT
        }
    }
}

/// A moment of the clock that never jumps, in nanoseconds.
struct MonotonicTime: Comparable {
    let nanoseconds: Int64

    static var now: MonotonicTime {
        var time = Glibc.timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Saturates instead of overflowing, so that `.seconds(.max)` means for ever.
    static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let limited = min(max(seconds, 0), 1_000_000_000)
        return MonotonicTime(nanoseconds: time.nanoseconds + limited * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

    var timespec: timespec {
        Glibc.timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }
}

private func check(_ result: Int32) {
    precondition(result == 0, "the system has no memory for a lock")
}
