import Records
import Synchronization

/// Which share of its time a shard works, over the last ten seconds or so. Its thread tells, any thread asks.
///
/// `@unchecked Sendable`: `began` and `before` are the shard's thread's alone; the rest is atomic.
final class WorkShare: @unchecked Sendable {
    private static let window: Int64 = 10_000_000

    /// When the window began that is measured, on the monotonic clock, and what the shard had worked by then.
    private var began = MonotonicClock.microseconds
    private var before: Int64 = 0
    private let share = Atomic<UInt64>(0)
    private let isMeasured = Atomic<Bool>(false)

    /// From 0 to 1.
    var value: Double { Double(bitPattern: share.load(ordering: .relaxed)) }

    /// - Parameters:
    ///   - worked: microseconds that the shard has worked since its start.
    ///   - now: on the monotonic clock.
    func note(worked: Int64, now: Int64) {
        let passed = now - began
        let isOver = passed >= Self.window
        // Before the first window is over, what there is of it is better than nothing.
        guard isOver || !isMeasured.load(ordering: .relaxed), passed > 0 else { return }
        let part = min(1, max(0, Double(worked - before) / Double(passed)))
        share.store(part.bitPattern, ordering: .relaxed)
        guard isOver else { return }
        isMeasured.store(true, ordering: .relaxed)
        began = now
        before = worked
    }
}
