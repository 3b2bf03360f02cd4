import Synchronization

/// Whether the host can do its work: what stands behind /readyz. Thread-safe.
package final class Readiness: Sendable {
    /// nil: fine; else what is wrong, in a few words.
    package typealias Check = @Sendable () -> String?

    private let checks: Mutex<[(name: String, check: Check)]>

    package init() { checks = Mutex([]) }

    /// Adds a check; it is called on each request and must return quickly.
    package func add(_ name: String, _ check: @escaping Check) {
        checks.withLock { $0.append((name, check)) }
    }

    /// Every check with what is wrong, in the order of adding.
    package func report() -> [(name: String, problem: String?)] {
        checks.withLock { $0 }.map { ($0.name, $0.check()) }
    }
}
