import Synchronization

/// Whether the host can do its work: what stands behind /readyz. Thread-safe.
package final class Readiness: Sendable {
    /// nil: fine; else what is wrong, in a few words.
    package typealias Check = @Sendable () -> String?

    private let checks: Mutex<[(name: String, check: Check)]>
    private let notes: Mutex<[(name: String, check: Check)]>

    package init() {
        checks = Mutex([])
        notes = Mutex([])
    }

    /// Adds a check; it is called on each request and must return quickly.
    package func add(_ name: String, _ check: @escaping Check) {
        checks.withLock { $0.append((name, check)) }
    }

    /// Adds what is told to those who ask for details: whatever it says, the host is as ready as it is.
    package func note(_ name: String, _ check: @escaping Check) { notes.withLock { $0.append((name, check)) } }

    /// What there is to tell besides, in the order of adding.
    package func details() -> [(name: String, problem: String?)] {
        notes.withLock { $0 }.map { ($0.name, $0.check()) }
    }

    /// Every check with what is wrong, in the order of adding.
    package func report() -> [(name: String, problem: String?)] {
        checks.withLock { $0 }.map { ($0.name, $0.check()) }
    }
}
