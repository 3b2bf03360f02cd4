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
    }

    private let startPositions: [UInt64?]
    /// Of the last chunks, the newest last: a worker folds them later.
    private var given: [End]
    /// Records that were folded.
    private let folded = Atomic<UInt64>(0)
    /// All that had arrived by then was folded; microseconds since 1970.
    private let foldedUntil: Atomic<Int64>

    /// - Parameter positions: where it begins in each of its partitions.
    init(from positions: [UInt64?]) {
        startPositions = positions
        let now = WallClock.microseconds
        given = [End(arrival: now)]
        foldedUntil = Atomic(now)
    }

    /// The consumer was given a chunk.
    ///
    /// - Parameters:
    ///   - total: records that it was given, this chunk's included.
    ///   - outstanding: chunks that it has not folded yet.
    func gave(_ chunk: LogChunk, total: UInt64, outstanding: Int) {
        var last = chunk.count - 1
        while last >= 0, chunk[last].kind != .event { last -= 1 }
        given.append(End(records: total, arrival: last < 0 ? given[given.count - 1].arrival : chunk[last].received))
        publish(outstanding)
    }

    /// The consumer was given all that had arrived by a time.
    func gaveAll(arrivedBy time: Int64, outstanding: Int) {
        given[given.count - 1].arrival = time
        publish(outstanding)
    }

    private func publish(_ outstanding: Int) {
        given.removeFirst(max(0, given.count - 1 - outstanding))
        foldedUntil.store(given[0].arrival, ordering: .relaxed)
        folded.store(given[0].records, ordering: .releasing)
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
