import Glibc
package import PluginHost
import Records
import Settings
import Synchronization

/// Keeps the tables of plugins in a database, or tells an output of them, a moment behind their states, on a thread of its own.
///
/// A transaction holds rows and the positions that they stand for, so that what a reader sees is, in each partition, the fold
/// of the events up to the position noted there. While the database is away, rows wait; nobody else does.
package final class Warehouse: TableSink {
    /// What has been done so far.
    package struct Counters: Sendable {
        /// Rows that were written or removed.
        package var rows: UInt64 = 0
        package var transactions: UInt64 = 0
        /// Of all transactions together.
        package var seconds = 0.0
        package var failures: UInt64 = 0
        /// Rows that wait.
        package var waiting = 0
        /// Since when the oldest of them waits, on the monotonic clock; nil: none does.
        package var waitingSince: Int64?
        /// Why rows wait although it was tried; nil: they don't.
        package var trouble: String?
    }

    private enum Pending {
        case rows(PendingTables, since: Int64)
        /// Too many: all rows have to come again, and were asked for or not yet.
        case dropped(since: Int64, isAsked: Bool = false)

        var since: Int64 {
            switch self {
            case .rows(_, let since), .dropped(let since, _): since
            }
        }
    }

    private struct State {
        var pending: [String: Pending] = [:]
        /// Plugins that another host writes.
        var fenced: Set<String> = []
        var counters = Counters()
        var again: (@Sendable (String) -> Void)?
        var isRung = false
        var isClosed = false
    }

    private let name: String
    /// Changed rows of a plugin that wait, at most.
    private let limit: Int
    /// The longest pause between attempts: microseconds.
    private let retry: Int64
    private let makeStore: @Sendable (_ isOver: @escaping () -> Bool) -> any TableStore
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let bell = BoundedQueue<Void>(limit: 2)
    private let thread = Mutex<WorkThread?>(nil)
    /// How long `close` tries to write what waits.
    private static let patience: Int64 = 5_000_000

    /// Nil if the settings want none.
    ///
    /// - Parameter report: told, in a sentence, when the database goes and when it is back; any thread.
    package convenience init?(
        _ configuration: WarehouseConfiguration, report: @escaping @Sendable (String) -> Void
    ) {
        if configuration.kind == .none { return nil }
        self.init(
            "the warehouse", limit: configuration.limit, retry: configuration.retry, report: report
        ) { (_) -> any TableStore in
            configuration.kind == .postgresql
                ? PostgreSQLTables(configuration.postgresql, reader: configuration.reader, report: report)
                : SQLiteTables(configuration.directory)
        }
    }

    /// Of an output, for the tables that it is given.
    ///
    /// - Parameters:
    ///   - name: the output's.
    ///   - batch: rows that are published and not confirmed, at most.
    ///   - limit: changed rows of a plugin that wait, at most; past it all of them are published again.
    ///   - retry: the longest pause between attempts.
    ///   - report: as above.
    package convenience init(
        output name: String, _ output: EventOutputConfiguration, batch: Int, limit: Int = 200_000, retry: Duration,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.init("output \(name)", limit: limit, retry: retry, report: report) {
            PublishedTables(output.output(limit: batch), limit: batch, isOver: $0)
        }
    }

    private init(
        _ name: String, limit: Int, retry: Duration, report: @escaping @Sendable (String) -> Void,
        makeStore: @escaping @Sendable (_ isOver: @escaping () -> Bool) -> any TableStore
    ) {
        self.name = name
        self.limit = limit
        self.retry = retry.microseconds
        self.makeStore = makeStore
        self.report = report
        let work = WorkThread(name: "warehouse") { [unowned self] in run() }
        thread.withLock { $0 = work }
    }

    package var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            for pending in state.pending.values {
                if case .rows(let tables, _) = pending { counters.waiting += tables.count }
                counters.waitingSince = min(counters.waitingSince ?? pending.since, pending.since)
            }
            return counters
        }
    }

    package func onLoss(_ again: @escaping @Sendable (String) -> Void) { state.withLock { $0.again = again } }

    package func take(_ changes: TableChanges) {
        state.withLock { state in
            // Who begins anew may have become the owner.
            if changes.isWhole { state.fenced.remove(changes.plugin) }
            guard !state.fenced.contains(changes.plugin) else { return }
            let now = MonotonicClock.microseconds
            switch state.pending[changes.plugin] {
            case let before? where !changes.isWhole:
                guard case .rows(var tables, let since) = before else { return }
                // Else the rows would be there twice for a moment.
                state.pending[changes.plugin] = nil
                tables.add(changes)
                let isTooMuch = !tables.isWhole && tables.count > limit
                state.pending[changes.plugin] = isTooMuch ? .dropped(since: since) : .rows(tables, since: since)
            case let before: state.pending[changes.plugin] = .rows(PendingTables(changes), since: before?.since ?? now)
            }
        }
        ring()
    }

    /// Writes what waits, if the database is there, and ends the thread.
    package func close() {
        state.withLock { $0.isClosed = true }
        ring()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    private func ring() {
        let isFirst = state.withLock { state in
            defer { state.isRung = true }
            return !state.isRung
        }
        if isFirst { bell.put(()) }
    }
}

// MARK: The thread

extension Warehouse {
    private func run() {
        let store = makeStore { [unowned self] in state.withLock { $0.isClosed } }
        var written: [String: [Int: TableChanges.Position]] = [:]
        var trouble: String?
        var pause: Int64 = 0
        var end: Int64?
        while true {
            if trouble == nil { _ = bell.take() }
            let isClosed = state.withLock { state in
                if trouble == nil { state.isRung = false }
                return state.isClosed
            }
            if isClosed, end == nil { end = MonotonicClock.microseconds + Self.patience }
            var failure: WarehouseError?
            for plugin in state.withLock({ Array($0.pending.keys) }) {
                if let error = write(plugin, to: store, &written) { failure = error }
            }
            if let failure {
                let text = failure.description(of: name)
                if text != trouble { report("\(text); rows wait, and it is tried again") }
                trouble = text
                state.withLock { $0.counters.trouble = text }
                pause = min(max(pause * 2, 100_000), retry)
                if let end, MonotonicClock.microseconds + pause > end { return }
                sleep(pause)
            } else {
                if trouble != nil {
                    report("\(name) has all rows again")
                    _ = bell.takeIfAny()
                    state.withLock {
                        $0.isRung = false
                        $0.counters.trouble = nil
                    }
                }
                trouble = nil
                pause = 0
                // What was dropped comes when it has been asked for, which rings, and does not come any more at the end.
                let isWaiting = state.withLock { state in
                    state.pending.values.contains { if case .rows = $0 { true } else { false } }
                }
                if let end, !isWaiting || MonotonicClock.microseconds > end { return }
                if isWaiting { ring() }
            }
        }
    }

    /// Writes what waits of a plugin. Returns why it could not.
    private func write(
        _ plugin: String, to store: any TableStore, _ written: inout [String: [Int: TableChanges.Position]]
    ) -> WarehouseError? {
        let (taken, again) = state.withLock { state in
            let pending = state.pending[plugin]
            if case .rows = pending { state.pending[plugin] = nil }
            return (pending, state.again)
        }
        guard let taken else { return nil }
        guard case .rows(let rows, let since) = taken else {
            guard case .dropped(let since, false) = taken else { return nil }
            // Rows that nobody takes are not asked for.
            do { try store.open() } catch { return error }
            state.withLock { state in
                if case .dropped = state.pending[plugin] {
                    state.pending[plugin] = .dropped(since: since, isAsked: true)
                }
            }
            again?(plugin)
            return nil
        }
        let began = MonotonicClock.microseconds
        do throws(WarehouseError) {
            if rows.isWhole {
                try store.replace(rows, of: plugin)
            } else {
                try store.apply(rows, of: plugin, after: written[plugin] ?? [:])
            }
            written[plugin] = rows.positions
            let count = UInt64(rows.count)
            state.withLock { state in
                state.counters.rows += count
                state.counters.transactions += 1
                state.counters.seconds += Double(MonotonicClock.microseconds - began) / 1e6
            }
            return nil
        } catch {
            state.withLock { $0.counters.failures += 1 }
            switch error {
            case .fenced:
                state.withLock { state in
                    state.fenced.insert(plugin)
                    state.pending[plugin] = nil
                }
                report(error.description(of: name))
                return nil
            case .lost:
                written[plugin] = nil
                state.withLock { $0.pending[plugin] = .dropped(since: since) }
                ring()
                return nil
            case .away, .refused:
                let isTooMuch = rows.isWhole && rows.count > limit
                state.withLock { state in
                    switch state.pending[plugin] {
                    case _ where isTooMuch: state.pending[plugin] = .dropped(since: since)
                    case .rows(let newer, _): state.pending[plugin] = .rows(rows.followed(by: newer), since: since)
                    case .dropped: break
                    case nil: state.pending[plugin] = .rows(rows, since: since)
                    }
                }
                return error
            }
        }
    }

    private func sleep(_ microseconds: Int64) {
        let end = MonotonicClock.microseconds + microseconds
        while MonotonicClock.microseconds < end, !state.withLock({ $0.isClosed && $0.pending.isEmpty }) {
            usleep(20_000)
        }
    }
}
