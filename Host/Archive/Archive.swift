package import EventLog
import Glibc
import Records
import Settings
import Synchronization

/// The archive of a running host: a thread that follows the log and writes each session's events into a file of its own, as
/// they arrived. Nothing that appends or reads waits for it. All members: any thread.
package final class Archive: Sendable {
    private struct State {
        var place: ArchivePlace
        var lines: UInt64 = 0
        var openFiles = 0
        var failure: LogError?
        var thread: WorkThread?
    }

    /// `@unchecked Sendable`: hands the writer over to the thread, which alone uses it from then on.
    private struct Start: @unchecked Sendable {
        let writer: ArchiveWriter
        let cursor: LogCursor
    }

    private let log: EventLog
    private let configuration: ArchiveConfiguration
    private let isStopping = Atomic<Bool>(false)
    private let state: Mutex<State>

    /// How long records wait before they are taken: what one takes together costs less.
    private static let pause: UInt32 = 100_000
    /// Files that are compressed before records get a turn again.
    private static let slice = 1024
    /// How long the end of a host waits for files to be compressed. The rest is done at the next start.
    private static let patience: Int64 = 5_000_000

    /// Opens the archive, or makes it, and starts to follow the log from where it was.
    ///
    /// - Parameter report: told of files that are not as the archive has left them.
    /// - Throws: `LogError` if it is the archive of another log, or was put back without it.
    package init(
        _ log: EventLog, _ configuration: ArchiveConfiguration, report: (String) -> Void = { _ in }
    ) throws {
        self.log = log
        self.configuration = configuration
        let writer = try ArchiveWriter(log, configuration, report: report)
        let start = Start(writer: writer, cursor: try LogCursor(log, from: writer.positions))
        state = Mutex(State(place: writer.place))
        let thread = WorkThread(name: "archive") { [self] in
            do {
                try run(start.writer, start.cursor)
            } catch {
                let failure = error as? LogError ?? LogError(.disk, "the archive failed: \(error)")
                state.withLock { $0.failure = failure }
            }
        }
        state.withLock { $0.thread = thread }
    }

    /// Why it has stopped, or nil. The log goes on.
    package var failure: LogError? { state.withLock { $0.failure } }

    /// For each partition the position of the first record that is not in the archive for good.
    package var positions: [UInt64] { state.withLock { $0.place.positions } }

    /// Events that were written since the start.
    package var lines: UInt64 { state.withLock { $0.lines } }

    /// Sessions that have an open file.
    package var openSessions: Int { state.withLock { $0.openFiles } }

    /// Takes all that is durable, closes the files of sessions that are over, and ends.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }

    private func run(_ writer: ArchiveWriter, _ cursor: LogCursor) throws {
        let interval = configuration.interval.microseconds
        var due = MonotonicClock.microseconds + interval
        var isBehind = true
        func read(through end: LogOffset) throws {
            while let chunk = try cursor.next(through: end) {
                try writer.add(chunk)
                guard MonotonicClock.microseconds >= due + interval else { continue }
                try store(writer)
                _ = try writer.compress(limit: Self.slice)
                due = MonotonicClock.microseconds
            }
        }
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            try read(
                through: isLast || isBehind
                    ? log.durableEnd : log.waitForDurable(after: cursor.offset, timeout: .milliseconds(200)))
            if isLast || MonotonicClock.microseconds >= due {
                // Asked before the end is: the records of these sessions all lie before it.
                let ended = writer.openSessions.filter { $0 != 0 && log.hasEnded(session: $0) }
                try read(through: log.durableEnd)
                try writer.close(ended: ended)
                try store(writer)
                due = MonotonicClock.microseconds + interval
                let patience = MonotonicClock.microseconds + Self.patience
                repeat {
                    isBehind = try writer.compress(limit: Self.slice)
                } while isLast && isBehind && MonotonicClock.microseconds < patience
                if isBehind { due = MonotonicClock.microseconds }
            } else {
                isBehind = false
            }
            if isLast {
                try store(writer)
                return
            }
            if !isBehind { usleep(Self.pause) }
        }
    }

    private func store(_ writer: ArchiveWriter) throws {
        try writer.store()
        state.withLock { state in
            state.place = writer.place
            state.lines = writer.lines
            state.openFiles = writer.openSessions.count
        }
    }
}
