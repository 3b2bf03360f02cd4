/// Keeps a source that does not answer from being asked, so that nobody waits for it. Not thread-safe.
///
/// Closed: it is asked. After so many failures in a row, open: nobody asks. After a pause, half open: one look-up asks, and its
/// answer closes the breaker, or opens it again.
package struct Breaker: Sendable {
    package enum State: String, Sendable { case closed, open, halfOpen = "half_open" }

    private let failures: Int
    private let pause: Int64
    private var row = 0
    /// When it was opened; nil: it is closed.
    private var openedAt: Int64?
    private var isProbing = false

    /// - Parameters:
    ///   - failures: in a row, that open it.
    ///   - pause: microseconds for which it stays open.
    package init(failures: Int, pause: Int64) {
        self.failures = failures
        self.pause = pause
    }

    package func state(at now: Int64) -> State {
        guard let openedAt else { return .closed }
        return isProbing || now - openedAt >= pause ? .halfOpen : .open
    }

    /// Whether a look-up that comes now would be refused.
    package func refuses(at now: Int64) -> Bool {
        guard let openedAt else { return false }
        return isProbing || now - openedAt < pause
    }

    /// A look-up that was let through.
    package struct Attempt: Sendable {
        fileprivate let isProbe: Bool
    }

    /// A look-up is about to begin. Nil: it must not; otherwise `succeed` or `fail` follows.
    package mutating func begin(at now: Int64) -> Attempt? {
        if refuses(at: now) { return nil }
        isProbing = openedAt != nil
        return Attempt(isProbe: isProbing)
    }

    /// The source has answered. Returns whether that closes the breaker. One that was asked before the breaker opened says
    /// nothing of now.
    @discardableResult
    package mutating func succeed(_ attempt: Attempt) -> Bool {
        guard attempt.isProbe || openedAt == nil else { return false }
        defer { (row, openedAt, isProbing) = (0, nil, false) }
        return openedAt != nil
    }

    /// The source has not answered. Returns whether that opens the breaker that was closed.
    @discardableResult
    package mutating func fail(_ attempt: Attempt, at now: Int64) -> Bool {
        if attempt.isProbe {
            (openedAt, isProbing) = (now, false)
            return false
        }
        guard openedAt == nil else { return false }
        row += 1
        if row >= failures { openedAt = now }
        return openedAt != nil
    }
}
