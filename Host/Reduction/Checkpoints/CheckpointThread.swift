package import KeyValueStore
import Glibc
import Records
import Synchronization

/// Commits checkpoints on a thread of its own, so that no shard waits for the store.
package final class CheckpointThread: Sendable {
    private enum Job: Sendable {
        case commit([EncodedCheckpoint], done: @Sendable ([Checkpoint], Result<Void, any Error>) -> Void)
        case discard(plugin: String)
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

    package init(_ store: any KeyValueStore) {
        let jobs = jobs
        let state = StateBox()
        self.state = state
        thread = WorkThread(name: "checkpoints") {
            while let job = jobs.take() {
                switch job {
                case .commit(let encoded, let done):
                    let checkpoints = encoded.map { $0.checkpoint() }
                    done(checkpoints, Result { try store.commit(checkpoints) })
                case .discard(let plugin):
                    do { try store.discard(plugin: plugin) } catch { state.fail(error) }
                }
            }
        }
    }

    /// Checkpoints that were committed so far.
    package var committed: Int { state.value.withLock { $0.committed } }

    /// Checkpoints that wait for the store.
    package var waiting: Int { state.value.withLock { $0.waiting } }

    /// Waits until no checkpoint waits for the store, and tells how many were committed. To be called while no shard
    /// takes any.
    func settled() -> Int {
        while waiting > 0, failure == nil { usleep(100) }
        return committed
    }

    /// Why the store refused a checkpoint or a plugin could not write its part of one, or nil. Folding stops then.
    package var failure: (any Error)? { state.value.withLock { $0.failure } }

    /// Notes that a shard could not make its checkpoint.
    func fail(_ error: any Error) {
        state.fail(error)
    }

    /// Commits the checkpoints of one shard, all or none; `done` is called on the thread of the store.
    func commit(
        _ checkpoints: [EncodedCheckpoint],
        done: @escaping @Sendable ([Checkpoint], Result<Void, any Error>) -> Void
    ) {
        state.value.withLock { $0.waiting += 1 }
        jobs.put(
            .commit(checkpoints) { checkpoints, result in
                self.state.value.withLock {
                    $0.waiting -= 1
                    switch result {
                    case .success: $0.committed += 1
                    case .failure(let error): if $0.failure == nil { $0.failure = error }
                    }
                }
                done(checkpoints, result)
            })
    }

    /// Forgets what the store holds of a plugin, after what was given before.
    func discard(plugin: String) { jobs.put(.discard(plugin: plugin)) }

    /// Ends the thread when all is committed.
    package func close() {
        jobs.close()
        thread.join()
    }
}
