package import EventLog
package import Records
import Glibc
import Settings
import Synchronization

/// Publishes the processed events of a log to one output: a thread that follows the log, as the archive does. What it reads
/// it publishes in order, and it reads on when the output has confirmed. So an output that is away holds up nobody but
/// itself, needs no memory, and loses nothing. All members: any thread.
package final class Publisher: Sendable {
    /// What has been done so far.
    package struct Counters: Sendable {
        /// Events that the output has confirmed since the start.
        package var published: UInt64 = 0
        /// Duplicates that were left out since the start.
        package var duplicates: UInt64 = 0
        /// Attempts that failed since the start.
        package var failures: UInt64 = 0
        /// Why it waits, once as many attempts have failed as the settings allow; nil: it does not.
        package var waiting: String?
    }

    private struct State {
        var counters = Counters()
        var positions: [UInt64]
        var stored: [UInt64]
        /// All that had arrived by then is published; microseconds since 1970.
        var publishedUntil: Int64
        var failure: LogError?
        var thread: WorkThread?
    }

    /// `@unchecked Sendable`: hands what is in it over to the thread, which alone uses it from then on.
    private struct Start: @unchecked Sendable {
        let work: PublisherWork
    }

    package let name: String
    private let log: EventLog
    private let state: Mutex<State>
    private let isStopping = Atomic<Bool>(false)
    /// When its end began, on the monotonic clock.
    private let stopTime = Atomic<Int64>(0)

    /// How long the end of a host waits for an output. What is not published then is published at the next start.
    private static let patience: Int64 = 5_000_000

    /// Opens the output and begins to publish from where it was.
    ///
    /// - Parameters:
    ///   - name: of letters, digits, `_` and `-`.
    ///   - output: used by this publisher alone.
    ///   - rules: the filter rules that hold at each place of the log.
    ///   - folder: for what it remembers; made if it is missing.
    ///   - report: told, in a sentence, what an operator should know; any thread.
    /// - Throws: `LogError` or `OutputError` if the output was not of this log, or is such that it can never work.
    package init(
        _ name: String, _ log: EventLog, _ output: sending any EventOutput, _ configuration: PublisherConfiguration,
        dedup: DedupRules, rules: RuleHistory, folder: String, report: @escaping @Sendable (String) -> Void
    ) throws {
        self.name = name
        self.log = log
        let work = try PublisherWork(
            name, log, output, configuration, dedup: dedup, rules: rules, folder: folder, report: report)
        state = Mutex(
            State(positions: work.positions, stored: work.storedPositions, publishedUntil: WallClock.microseconds))
        let start = Start(work: work)
        let thread = WorkThread(name: "output") { [self] in
            do {
                try run(start.work)
            } catch {
                let failure = error as? LogError ?? LogError(.disk, "output \(name): \(error)")
                report("output \(name) has stopped: \(failure)")
                state.withLock { $0.failure = failure }
            }
            start.work.close()
        }
        state.withLock { $0.thread = thread }
    }

    /// Changes what is stored of an output's progress, while no host publishes; does nothing if nothing is stored.
    package static func changeProgress(in folder: String, _ change: ([String: Int]) throws -> [String: Int]) throws {
        guard var place = try PublishingPlace.load(folder) else { return }
        place.progress = try change(place.progress)
        try place.store(folder)
    }

    package var counters: Counters { state.withLock { $0.counters } }

    /// For each partition the position of the first record that would be read again after a crash.
    package var storedPositions: [UInt64] { state.withLock { $0.stored } }

    /// The same of an output that may not be running; nil: nothing is stored.
    package static func storedPositions(in folder: String) throws -> [UInt64]? {
        try PublishingPlace.load(folder)?.positions
    }

    /// How far it lies behind the log.
    package var lag: FoldLag {
        let next = log.nextPositions
        return state.withLock { state in
            let records = zip(next, state.positions).reduce(UInt64(0)) { $0 + ($1.0 - min($1.0, $1.1)) }
            guard records > 0 else { return FoldLag() }
            return FoldLag(
                records: records, seconds: max(0, Double(WallClock.microseconds - state.publishedUntil) / 1e6))
        }
    }

    /// Why it has stopped for good, or nil: the log can't be read, or belongs to somebody else.
    package var failure: LogError? { state.withLock { $0.failure } }

    /// What is not well, in a few words; nil: all is. An output that waits is no reason to refuse events.
    package var trouble: String? {
        state.withLock { state in
            state.failure.map { "has stopped: \($0)" } ?? state.counters.waiting.map { "waits: \($0)" }
        }
    }

    /// Publishes all that is durable, if the output takes it within a few seconds, and ends.
    package func stop() {
        stopTime.store(MonotonicClock.microseconds, ordering: .relaxed)
        isStopping.store(true, ordering: .releasing)
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }

    /// Whether it has no more time. One that waits already is not waited for.
    private var isOver: Bool {
        guard isStopping.load(ordering: .acquiring) else { return false }
        return state.withLock { $0.counters.waiting != nil }
            || MonotonicClock.microseconds > stopTime.load(ordering: .relaxed) + Self.patience
    }

    private func run(_ work: PublisherWork) throws {
        work.changed = { [self] change in
            state.withLock { state in
                state.counters = change.counters
                state.positions = change.positions
                state.stored = change.stored
                if let time = change.publishedUntil { state.publishedUntil = time }
            }
        }
        work.isOver = { [self] in isOver }
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let start = work.offset
            let end =
                isLast
                ? log.durableEnd
                : log.waitForDurable(after: start, timeout: .milliseconds(work.isBusy ? 20 : 200))
            guard try work.read(through: end, isLast: isLast), !isLast else { return }
            // What one takes together costs less.
            if work.offset != start { usleep(20_000) }
        }
    }
}
