import EventLog
import Records
import Synchronization

/// How far a shard has folded. What it is told, its thread tells it; what is asked, any thread asks.
///
/// `@unchecked Sendable`: `given` is the shard's thread's alone; the rest is constant or atomic.
final class FoldProgress: @unchecked Sendable {
    /// At the end of a chunk: how many records were given by then, and when the last of them had arrived.
    private struct End {
        var records: UInt64 = 0
        var arrival: Int64
        /// Those of the chunk's events that count.
        var arrivals: [FoldDurations.Arrival] = []
    }

    /// So many events stand for one time of arrival.
    private static let sample: UInt64 = 64

    private let startPositions: [UInt64?]
    /// Of the last chunks, the newest last: a worker folds them later.
    private var given: [End]
    /// Records that were folded.
    private let folded = Atomic<UInt64>(0)
    /// All that had arrived by then was folded; microseconds since 1970.
    private let foldedUntil: Atomic<Int64>
    private let durations: FoldDurations
    /// Events that arrived since then count among the durations, in microseconds since 1970; `.max`: none. What came before has
    /// been folded by somebody else already, or has waited for a host that was down.
    private var countsSince = Int64.max

    /// - Parameters:
    ///   - positions: where it begins in each of its partitions.
    ///   - durations: takes how long events took.
    init(from positions: [UInt64?], durations: FoldDurations) {
        startPositions = positions
        self.durations = durations
        let now = WallClock.microseconds
        given = [End(arrival: now)]
        foldedUntil = Atomic(now)
    }

    /// From now on it counts how long events take.
    func beginCounting() { countsSince = WallClock.microseconds }

    /// The consumer was given a chunk.
    ///
    /// - Parameters:
    ///   - total: records that it was given, this chunk's included.
    ///   - outstanding: chunks that it has not folded yet.
    ///   - foldedAt: when it had folded the last of the others, in microseconds since 1970.
    func gave(_ chunk: LogChunk, total: UInt64, outstanding: Int, foldedAt: Int64) {
        var end = End(records: total, arrival: given[given.count - 1].arrival)
        var events: UInt64 = 0
        for index in 0..<chunk.count {
            let record = chunk[index]
            guard record.kind == .event else { continue }
            end.arrival = record.received
            guard end.arrival >= countsSince else { continue }
            events += 1
            guard events == Self.sample else { continue }
            end.arrivals.append(FoldDurations.Arrival(time: end.arrival, events: events))
            events = 0
        }
        if events > 0 { end.arrivals.append(FoldDurations.Arrival(time: end.arrival, events: events)) }
        given.append(end)
        publish(outstanding, foldedAt)
    }

    /// The consumer was given all that had arrived by a time.
    func gaveAll(arrivedBy time: Int64, outstanding: Int, foldedAt: Int64) {
        given[given.count - 1].arrival = time
        publish(outstanding, foldedAt)
    }

    private func publish(_ outstanding: Int, _ foldedAt: Int64) {
        let folded = max(0, given.count - 1 - outstanding)
        if folded > 0 {
            for end in given[1...folded] { durations.add(end.arrivals, foldedAt: foldedAt) }
            given[folded].arrivals = []
        }
        given.removeFirst(folded)
        foldedUntil.store(given[0].arrival, ordering: .relaxed)
        self.folded.store(given[0].records, ordering: .releasing)
    }

    /// How far the fold lies behind a log whose next positions are these.
    func lag(_ positions: [UInt64], now: Int64) -> FoldLag {
        let folded = folded.load(ordering: .acquiring)
        var all: UInt64 = 0
        for (start, next) in zip(startPositions, positions) { all += start.map { next - min($0, next) } ?? 0 }
        guard all > folded else { return FoldLag() }
        return FoldLag(
            records: all - folded, seconds: max(0, Double(now - foldedUntil.load(ordering: .relaxed)) / 1e6))
    }
}
