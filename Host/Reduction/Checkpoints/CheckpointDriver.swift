import Records

/// Decides when a shard's checkpoint begins and drives it on, a slice after each batch. Not thread-safe: the shard's thread.
final class CheckpointDriver {
    /// States that are encoded between two batches: some tens of microseconds.
    private static let slice = 256

    private let checkpoint: ShardCheckpoint
    private let sink: any CheckpointSink
    /// Microseconds from one checkpoint's beginning to the next one's.
    var interval: Int64
    private var begun: Int64
    /// The longest that a shard was held up between two batches, in microseconds.
    private(set) var longestPause: Int64 = 0
    /// A checkpoint was not complete: no other one may follow it.
    private var hasFailed = false

    init(_ checkpoint: ShardCheckpoint, _ sink: any CheckpointSink, interval: Int64) {
        self.checkpoint = checkpoint
        self.sink = sink
        self.interval = interval
        begun = MonotonicClock.microseconds
    }

    /// Whether a checkpoint is being taken, or something waits for the next one.
    var isBusy: Bool { checkpoint.isTaking || checkpoint.isDue }

    /// The next checkpoint is due at once.
    func hurry() { begun = .min / 2 }

    /// To be called between batches.
    func poll() {
        if hasFailed { return }
        let now = MonotonicClock.microseconds
        if checkpoint.isTaking {
            advance(Self.slice)
        } else if now - begun >= interval, sink.waiting == 0, checkpoint.isDue {
            begun = now
            checkpoint.begin()
            advance(Self.slice)
        } else {
            return
        }
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
