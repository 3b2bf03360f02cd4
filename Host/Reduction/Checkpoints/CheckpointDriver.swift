import Glibc
import Records

/// Decides when a shard's checkpoint begins and drives it on, a slice after each batch. Not thread-safe: the shard's thread.
final class CheckpointDriver {
    /// States that are encoded at a time: some tens of microseconds.
    private static let slice = 256
    /// The part of a shard's time that a checkpoint takes while it is encoded.
    private static let share: Int64 = 4

    private let checkpoint: ShardCheckpoint
    private let sink: any CheckpointSink
    /// Microseconds from one checkpoint's beginning to the next one's.
    var interval: Int64
    /// Told the first time that states could not be spilled.
    var warn: (String) -> Void = { _ in }
    private var begun: Int64
    private var polled: Int64
    /// The longest that a shard was held up between two batches, in microseconds.
    private(set) var longestPause: Int64 = 0
    /// A checkpoint was not complete: no other one may follow it.
    private var hasFailed = false
    private var hasWarned = false

    init(_ checkpoint: ShardCheckpoint, _ sink: any CheckpointSink, interval: Int64) {
        self.checkpoint = checkpoint
        self.sink = sink
        self.interval = interval
        begun = MonotonicClock.microseconds
        polled = begun
    }

    /// Whether a checkpoint is being taken, or something waits for the next one.
    var isBusy: Bool { checkpoint.isTaking || checkpoint.isDue }

    /// Makes room in memory. Where most states wait for a checkpoint, that is taken first, and the shard waits until it is
    /// stored. To be called between batches.
    ///
    /// - Parameter noting: notes that the plugin is called.
    func makeRoom(noting: (() -> Void) -> Void = { $0() }) {
        if hasFailed { return }
        if checkpoint.isTaking || !checkpoint.shard.canSpill {
            noting(finish)
            while sink.waiting > 0 { usleep(500) }
        }
        guard !hasFailed, checkpoint.shard.canSpill else { return }
        noting {
            do {
                try checkpoint.shard.spill()
            } catch {
                if !hasWarned { warn("\(error); its states stay in memory") }
                hasWarned = true
            }
        }
    }

    /// The next checkpoint is due at once.
    func hurry() { begun = .min / 2 }

    /// To be called between batches.
    func poll() {
        if hasFailed { return }
        let now = MonotonicClock.microseconds
        let end = now + (now - polled) / Self.share
        polled = now
        if !checkpoint.isTaking {
            let limit = checkpoint.shard.setup.spill?.changes ?? .max
            guard now - begun >= interval || checkpoint.shard.changes >= limit, sink.waiting == 0, checkpoint.isDue
            else { return }
            begun = now
            checkpoint.begin()
        }
        repeat { advance(Self.slice) } while checkpoint.isTaking && MonotonicClock.microseconds < end
        longestPause = max(longestPause, MonotonicClock.microseconds - now)
    }

    /// Takes a checkpoint of all that was folded, at once.
    func finish() {
        while checkpoint.isTaking { advance(.max) }
        guard !hasFailed, checkpoint.isDue else { return }
        checkpoint.begin()
        advance(.max)
    }

    private func advance(_ limit: Int) {
        guard let checkpoints = checkpoint.advance(limit) else { return }
        if let failure = checkpoint.failure {
            hasFailed = true
            return sink.fail(failure)
        }
        sink.commit(checkpoints)
    }
}
