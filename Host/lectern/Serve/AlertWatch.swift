import EventLog
import NIOPosix
import PluginHost
import Records
import Reduction
import Rules
import Settings
import Sinks
import Synchronization
import Web

/// Looks at the host and at plugins' tables every few seconds, by the alert rules, and tells what begins and ends: to the host's
/// own log, to the outbox, and to the start page. All members: any thread.
final class AlertWatch: Sendable {
    private struct State {
        var board: AlertBoard
        var figures: AlertFigures
        /// Alerts of each rule since the start.
        var fired: [String: UInt64] = [:]
        /// Why what it found could not be stored, once it was said.
        var failure: String?
    }

    /// `@unchecked Sendable`: what is compiled is used while the lock of `state` is held, and else constant.
    private struct Compiled: @unchecked Sendable {
        let rule: AlertRule
        let rows: AlertRows?
        let condition: AlertCondition
    }

    private let rules: [Compiled]
    private let interval: Duration
    private let outbox: AlertOutbox
    private let engine: ReductionEngine
    private let readiness: Readiness
    private let report: @Sendable () -> ProcessorReport
    private let state: Mutex<State>

    /// - Parameters:
    ///   - data: the data folder.
    ///   - checkpoint: seconds from one checkpoint to the next.
    ///   - report: how the processing goes.
    init(
        _ settings: AlertSettings, _ outbox: AlertOutbox, _ engine: ReductionEngine, _ log: EventLog, data: String,
        checkpoint: Double,
        _ readiness: Readiness, report: @escaping @Sendable () -> ProcessorReport
    ) {
        rules = settings.rules.rules.map { rule in
            let table: TableID? =
                if case .table(let plugin, let id) = rule.source { TableID(plugin: plugin, table: id) } else { nil }
            return Compiled(rule: rule, rows: table.map { AlertRows(rule, $0) }, condition: AlertCondition(rule))
        }
        interval = settings.rules.interval
        self.outbox = outbox
        self.engine = engine
        self.readiness = readiness
        self.report = report
        state = Mutex(
            State(
                board: AlertBoard(outbox.firing, limit: settings.rules.alertsOfRule),
                figures: AlertFigures(log, data: data, checkpoint: checkpoint)))
    }

    /// Those that fire, the newest first.
    var firing: [Alert] { state.withLock { $0.board.alerts } }

    /// Of each rule, how many alerts fire, and how many have begun since the start.
    var counts: [(rule: String, firing: Int, fired: UInt64)] {
        let (alerts, fired) = state.withLock { ($0.board.alerts, $0.fired) }
        return rules.map { compiled in
            let name = compiled.rule.name
            return (name, alerts.count { $0.rule == name }, fired[name] ?? 0)
        }
    }

    /// Looks until the task is cancelled.
    func run() async {
        repeat {
            var snapshots: [TableID: TableSnapshot] = [:]
            for table in Set(rules.compactMap(\.rows?.table)) {
                snapshots[table] = await engine.views.snapshot(of: table)
            }
            let found = snapshots
            // Reads files, and waits for the disk.
            _ = try? await NIOThreadPool.singleton.runIfActive { [self] in look(found) }
        } while (try? await Task.sleep(for: interval)) != nil
    }

    private func look(_ snapshots: [TableID: TableSnapshot]) {
        let now = WallClock.microseconds
        let report = report()
        state.withLock { state in
            do {
                try state.figures.look(engine, now: now)
                var board = state.board
                var changes = board.keep(rules.map(\.rule), now: now)
                for compiled in rules {
                    guard let sights = sights(compiled, state.figures, report, snapshots) else { continue }
                    changes += board.take(sights, of: compiled.rule, now: now)
                }
                if !changes.isEmpty {
                    // Until there is room, nothing begins or ends: it is found again at the next look.
                    guard outbox.hasRoom(for: changes.count) else { return }
                    try outbox.put(changes, firing: board.alerts)
                }
                state.board = board
                for change in changes where change.state == .firing { state.fired[change.rule, default: 0] += 1 }
                say(changes)
                state.failure = nil
            } catch {
                // Once, not at each look.
                if state.failure != "\(error)" { Terminal.warn("alerts: \(error)") }
                state.failure = "\(error)"
            }
        }
    }

    /// What a look finds for one rule; nil: nothing can be said now.
    private func sights(
        _ compiled: Compiled, _ figures: AlertFigures, _ report: ProcessorReport, _ snapshots: [TableID: TableSnapshot]
    ) -> [AlertBoard.Sight]? {
        switch compiled.rule.source {
        case .figure(let figure):
            return figures.values(figure, engine, report, readiness).sorted { $0.key < $1.key }.compactMap { value in
                guard compiled.condition.holds(compiled.condition.names.map { _ in .number(value.number) }) else {
                    return nil
                }
                return AlertBoard.Sight(key: value.key, value: value.words ?? "\(value.number)")
            }
        case .table(let plugin, _):
            // Of hosts that share a log, one tells of rows, which all can see: who has the first partition.
            guard engine.partitions.contains(0) else { return [] }
            // While a plugin folds what was there before, its rows are of the past.
            guard figures.whole.contains(plugin), let rows = compiled.rows, let snapshot = snapshots[rows.table] else {
                return nil
            }
            return rows.sights(snapshot)
        }
    }

    /// In the host's own log, rows have no names, since they may be of students: it says how many there are.
    private func say(_ changes: [Alert]) {
        for compiled in rules {
            let name = compiled.rule.name
            let (begun, ended) = (
                changes.filter { $0.rule == name && $0.state == .firing },
                changes.filter { $0.rule == name && $0.state == .resolved }
            )
            guard case .table(let plugin, let table) = compiled.rule.source else {
                for alert in begun { Terminal.warn("alert \(name): \(alert.key), \(alert.value)") }
                for alert in ended { Terminal.note("alert \(name) is over: \(alert.key)") }
                continue
            }
            func rows(_ alerts: [Alert]) -> String {
                "\(alerts.count) row\(alerts.count == 1 ? "" : "s") of \(plugin)/\(table)"
            }
            if !begun.isEmpty { Terminal.warn("alert \(name): \(rows(begun))") }
            if !ended.isEmpty { Terminal.note("alert \(name) is over: \(rows(ended))") }
        }
    }
}
