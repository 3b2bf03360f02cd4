package import KeyValueStore
import Records
import Synchronization

/// Commits checkpoints on a thread of its own, so that no shard waits for the store.
package final class CheckpointThread: Sendable {
    private struct Job: Sendable {
        let checkpoints: [EncodedCheckpoint]
        let done: @Sendable ([Checkpoint], Result<Void, any Error>) -> Void
    }

    private struct State {
        var failure: (any Error)?
        var committed = 0
        var waiting = 0
    }

    private let jobs = BoundedQueue<Job>(limit: 64)
    private let state = Mutex(State())
    private let thread: WorkThread

    package init(_ store: any KeyValueStore) {
        let jobs = jobs
        thread = WorkThread(name: "checkpoints") {
            while let job = jobs.take() {
                let checkpoints = job.checkpoints.map { $0.checkpoint() }
                job.done(checkpoints, Result { try store.commit(checkpoints) })
            }
        }
    }

    /// Checkpoints that were committed so far.
    package var committed: Int { state.withLock { $0.committed } }

    /// Checkpoints that wait for the store.
    package var waiting: Int { state.withLock { $0.waiting } }

    /// Why the store refused a checkpoint or a plugin could not write its part of one, or nil. Folding stops then.
    package var failure: (any Error)? { state.withLock { $0.failure } }

    /// Notes that a shard could not make its checkpoint.
    func fail(_ error: any Error) {
        state.withLock { if $0.failure == nil { $0.failure = error } }
    }

    /// Commits the checkpoints of one shard, all or none; `done` is called on the thread of the store.
    func commit(
        _ checkpoints: [EncodedCheckpoint],
        done: @escaping @Sendable ([Checkpoint], Result<Void, any Error>) -> Void
    ) {
        state.withLock { $0.waiting += 1 }
        jobs.put(
            Job(checkpoints: checkpoints) { checkpoints, result in
                self.state.withLock {
                    $0.waiting -= 1
                    switch result {
                    case .success: $0.committed += 1
                    case .failure(let error): if $0.failure == nil { $0.failure = error }
                    }
                }
                done(checkpoints, result)
            })
    }

    /// Ends the thread when all is committed.
    package func close() {
        jobs.close()
        thread.join()
    }
}
