/// Runs asynchronous code on the thread that waits for it: a thread of its own needs no other to make progress.
package final class ThreadExecutor: TaskExecutor {
    private let jobs = BoundedQueue<UnownedJob>(limit: .max)

    package func enqueue(_ job: consuming ExecutorJob) { jobs.put(UnownedJob(job)) }

    /// Blocks until `body` has returned. Not for the threads of Swift's own pool.
    package static func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) -> Result<T, any Error> {
        let executor = ThreadExecutor()
        let outcome = Outcome<T>()
        Task(executorPreference: executor) {
            do { outcome.result = .success(try await body()) } catch { outcome.result = .failure(error) }
            executor.jobs.close()
        }
        while let job = executor.jobs.take() { job.runSynchronously(on: executor.asUnownedTaskExecutor()) }
        return outcome.result ?? .failure(CancellationError())
    }

    /// `@unchecked Sendable`: the task writes it, on the thread of `run`, before the queue is closed; `run` reads it after that.
    private final class Outcome<T>: @unchecked Sendable {
        var result: Result<T, any Error>?
    }
}
