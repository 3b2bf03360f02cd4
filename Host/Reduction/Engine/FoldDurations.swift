import Synchronization

/// How long events took from their arrival until they were folded: a histogram. All members: any thread.
///
/// A shard adds what a chunk of the log took at once, so no event pays for a lock.
package final class FoldDurations: Sendable {
    /// Upper bounds of the buckets, in seconds. What took longer is in one bucket more.
    package static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// What was counted so far.
    package struct Counts: Sendable {
        /// Events in each bucket, not added up; one more than there are bounds.
        package var buckets = [UInt64](repeating: 0, count: FoldDurations.bounds.count + 1)
        /// Seconds of all of them.
        package var sum = 0.0

        package var events: UInt64 { buckets.reduce(0, +) }
    }

    private let state = Mutex(Counts())

    package var counts: Counts { state.withLock { $0 } }

    /// Adds the events of a chunk.
    ///
    /// - Parameters:
    ///   - arrivals: when they arrived, and how many stand for each time.
    ///   - time: when they were folded; both in microseconds since 1970.
    func add(_ arrivals: [Arrival], foldedAt time: Int64) {
        if arrivals.isEmpty { return }
        state.withLock { counts in
            for arrival in arrivals {
                let seconds = Double(max(0, time - arrival.time)) / 1e6
                let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
                counts.buckets[bucket] += arrival.events
                counts.sum += seconds * Double(arrival.events)
            }
        }
    }

    /// When some events arrived, the last of them to be exact.
    struct Arrival: Equatable {
        var time: Int64
        var events: UInt64
    }
}
