import Synchronization

/// What the look-ups of one enricher came to since it is in use. Any thread.
final class LookupCounts: Sendable {
    private let fresh = Atomic<UInt64>(0)
    private let stale = Atomic<UInt64>(0)
    private let missing = Atomic<UInt64>(0)
    private let memoryHits = Atomic<UInt64>(0)
    private let sharedHits = Atomic<UInt64>(0)
    private let calls = Atomic<UInt64>(0)
    private let errors = Atomic<UInt64>(0)
    private let overflows = Atomic<UInt64>(0)
    private let seconds = Mutex(LookupSeconds())

    /// An event was given an answer.
    func count(_ status: Answer.Status) {
        switch status {
        case .fresh: fresh.wrappingAdd(1, ordering: .relaxed)
        case .stale: stale.wrappingAdd(1, ordering: .relaxed)
        case .missing: missing.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func countMemoryHit() { memoryHits.wrappingAdd(1, ordering: .relaxed) }
    func countSharedHit() { sharedHits.wrappingAdd(1, ordering: .relaxed) }
    func countCall() { calls.wrappingAdd(1, ordering: .relaxed) }
    func countError() { errors.wrappingAdd(1, ordering: .relaxed) }
    func countOverflow() { overflows.wrappingAdd(1, ordering: .relaxed) }
    func countLookup(microseconds: Int64) { seconds.withLock { $0.add(microseconds) } }

    var snapshot: EnrichmentReport.Counts {
        EnrichmentReport.Counts(
            fresh: fresh.load(ordering: .relaxed), stale: stale.load(ordering: .relaxed),
            missing: missing.load(ordering: .relaxed), memoryHits: memoryHits.load(ordering: .relaxed),
            sharedHits: sharedHits.load(ordering: .relaxed), calls: calls.load(ordering: .relaxed),
            errors: errors.load(ordering: .relaxed), overflows: overflows.load(ordering: .relaxed),
            seconds: seconds.withLock { $0 })
    }
}

/// How long look-ups took that memory had no answer for.
package struct LookupSeconds: Sendable, Equatable {
    /// The upper bounds of the buckets, in microseconds; one more has what took longer.
    package static let bounds: [Int64] = [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000]
    /// Look-ups in each bucket.
    package private(set) var buckets = [UInt64](repeating: 0, count: bounds.count + 1)
    /// Microseconds of all together.
    package private(set) var sum: Int64 = 0

    mutating func add(_ microseconds: Int64) {
        buckets[Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count] += 1
        sum += microseconds
    }
}
