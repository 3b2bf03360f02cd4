package import KeyValueStore
import Records
import Synchronization

/// Where the checkpoints of shards go. Any thread.
protocol CheckpointSink: Sendable {
    /// Checkpoints that have not arrived yet. A shard takes no other one meanwhile.
    var waiting: Int { get }
    /// Takes the checkpoints of one shard: all of them will count, or none.
    func commit(_ checkpoints: [EncodedCheckpoint])
    /// Notes that a shard could not make its checkpoint.
    func fail(_ error: any Error)
}

/// Commits checkpoints on a thread of its own, so that no shard waits for the store.
package final class CheckpointThread: CheckpointSink {
    private enum Job: Sendable {
        case commit(
            make: @Sendable () throws -> [Checkpoint], done: @Sendable ([Checkpoint], Result<Void, any Error>) -> Void)
        case replace(plugin: String, [Checkpoint])
        case call(@Sendable () -> Void)
    }

    private struct State {
        var failure: (any Error)?
        var committed = 0
        var waiting = 0
    }

    private final class StateBox: Sendable {
        let value = Mutex(State())

        func fail(_ error: any Error) { value.withLock { if $0.failure == nil { $0.failure = error } } }
    }

    private let jobs = BoundedQueue<Job>(limit: 64)
    private let state: StateBox
    private let thread: WorkThread
    /// Whether any partition is this process's.
    private let isOwner: Bool
    private let onCommitted: @Sendable ([Checkpoint]) -> Void

    /// - Parameters:
    ///   - epochs: by which what is replaced is this process's.
    ///   - committed: called with the checkpoints that the store has taken, on the store's thread.
    package init(
        _ store: any CheckpointStore, _ epochs: Epochs, committed: @escaping @Sendable ([Checkpoint]) -> Void = { _ in }
    ) {
        onCommitted = committed
        isOwner = !epochs.numbers.isEmpty
        let jobs = jobs
        let state = StateBox()
        self.state = state
        thread = WorkThread(name: "checkpoints") {
            while let job = jobs.take() {
                switch job {
                case .commit(let make, let done):
                    var checkpoints: [Checkpoint] = []
                    let result = Result {
                        checkpoints = try make()
                        try store.commit(checkpoints)
                    }
                    done(checkpoints, result)
                case .replace(let plugin, let checkpoints):
                    do { try store.replace(plugin: plugin, with: checkpoints, as: epochs) } catch { state.fail(error) }
                case .call(let body): body()
                }
            }
        }
    }

    /// Checkpoints that were committed so far.
    package var committed: Int { state.value.withLock { $0.committed } }

    /// Checkpoints that wait for the store.
    package var waiting: Int { state.value.withLock { $0.waiting } }

    /// Why the store refused a checkpoint or a plugin could not write its part of one, or nil. Folding stops then.
    package var failure: (any Error)? { state.value.withLock { $0.failure } }

    func fail(_ error: any Error) { state.fail(error) }

    func commit(_ checkpoints: [EncodedCheckpoint]) {
        commit({ try checkpoints.map { try $0.checkpoint() } }, done: {})
    }

    /// Commits checkpoints that are made on the thread of the store, which then calls `done`.
    func commit(_ make: @escaping @Sendable () throws -> [Checkpoint], done: @escaping @Sendable () -> Void) {
        state.value.withLock { $0.waiting += 1 }
        jobs.put(
            .commit(make: make) { [onCommitted] checkpoints, result in
                self.state.value.withLock {
                    $0.waiting -= 1
                    switch result {
                    case .success: $0.committed += 1
                    case .failure(let error): if $0.failure == nil { $0.failure = error }
                    }
                }
                if case .success = result { onCommitted(checkpoints) }
                done()
            })
    }

    /// Waits until all that was given before is committed.
    func flush() {
        let done = BoundedQueue<Void>(limit: 1)
        jobs.put(.call { done.put(()) })
        _ = done.take()
    }

    /// Has the store hold this alone of a plugin in the partitions of this process, after what was given before.
    func replace(plugin: String, with checkpoints: [Checkpoint]) {
        if isOwner { jobs.put(.replace(plugin: plugin, checkpoints)) }
    }

    /// Ends the thread when all is committed.
    package func close() {
        jobs.close()
        thread.join()
    }
}
