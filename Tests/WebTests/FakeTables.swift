import PluginHost
import Synchronization
import Web

/// Tables that a test fills.
final class FakeTables: TableReading {
    private struct State {
        var snapshots: [TableID: TableSnapshot] = [:]
        var readers: [AsyncStream<Set<TableID>>.Continuation] = []
        var version: UInt64 = 0
    }

    let epoch: UInt64
    private let state = Mutex(State())

    init(epoch: UInt64 = 7) { self.epoch = epoch }

    func set(_ id: TableID, _ columns: [TableColumn], _ rows: [[Cell]]) {
        let readers = state.withLock { state in
            state.version += 1
            state.snapshots[id] = TableSnapshot(
                id: id, title: id.table, columns: columns, rows: rows, version: state.version)
            return state.readers
        }
        for reader in readers { reader.yield([id]) }
    }

    func snapshot(of table: TableID) -> TableSnapshot? { state.withLock { $0.snapshots[table] } }

    func changes() -> AsyncStream<Set<TableID>> {
        let (stream, continuation) = AsyncStream<Set<TableID>>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.readers.append(continuation) }
        return stream
    }
}

/// Four states of one reducer, `quiz/attempts`, and three windows of another, `quiz/user-hourly`.
struct FakeStates: StateReading {
    func states(
        plugin: String, reducer: String, selection: KeySelection, after: String?, limit: Int
    ) async throws(PluginUnavailable) -> [StateEntry]? {
        if plugin == "quiz", reducer == "user-hourly" { return hours(selection, after: after, limit: limit) }
        guard plugin == "quiz", reducer == "attempts" else { return nil }
        let all = ["ada", "bob", "cyd", "dan"].map { StateEntry(key: "actor:\($0)", json: "{\"n\":1}") }
        let matching = all.filter { entry in selection.parts.allSatisfy { entry.key == "\($0):\($1)" } }
        return Array(matching.filter { $0.key > after ?? "" }.prefix(limit))
    }

    private func hours(_ selection: KeySelection, after: String?, limit: Int) -> [StateEntry] {
        guard selection.parts["actor"] ?? "123" == "123" else { return [] }
        let all = (10...12).map { hour in
            (Quiz.day + Int64(hour) * Quiz.hour, "actor:123,window:2026-11-21T\(hour)%3A00%3A00Z", hour)
        }
        return all.filter { selection.windows?.contains($0.0) ?? true }
            .map { StateEntry(key: $0.1, json: "{\"attempts\":\($0.2)}") }
            .filter { $0.key > after ?? "" }.prefix(limit).map { $0 }
    }
}

/// A small class: a table of attempts and one of students.
enum Quiz {
    static let attempts = TableID(plugin: "quiz", table: "attempts")
    static let students = TableID(plugin: "quiz", table: "students")

    static let attemptColumns = [
        TableColumn(name: "id", title: "No.", type: .integer, isKey: true),
        TableColumn(name: "student", title: "Student", type: .text),
        TableColumn(name: "module", title: "Module", type: .text),
        TableColumn(name: "score", title: "Score", type: .number),
        TableColumn(name: "at", title: "At", type: .time),
    ]
    static let studentColumns = [
        TableColumn(name: "student", title: "Student", type: .text, isKey: true),
        TableColumn(name: "score", title: "Mean score", type: .number),
        TableColumn(name: "module", title: "Module", type: .text),
    ]

    /// 2026-11-21 00:00:00 UTC.
    static let day: Int64 = 1_795_219_200_000_000
    static let hour: Int64 = 3_600_000_000

    static let attemptRows: [[Cell]] = [
        [.integer(1), .text("ada"), .text("module 2"), .number(80), .time(day + hour)],
        [.integer(2), .text("ada"), .text("module 10"), .number(91), .time(day + 25 * hour)],
        [.integer(3), .text("bob"), .text("module 2"), .number(40), .time(day + 2 * hour)],
        [.integer(4), .text("cyd"), .text("module 2"), .null, .time(day + 73 * hour)],
    ]
    static let studentRows: [[Cell]] = [
        [.text("ada"), .number(85.5), .text("module 10")],
        [.text("bob"), .number(40), .text("module 2")],
        [.text("cyd"), .null, .text("module 2")],
    ]

    static func tables(epoch: UInt64 = 7) -> FakeTables {
        let tables = FakeTables(epoch: epoch)
        tables.set(attempts, attemptColumns, attemptRows)
        tables.set(students, studentColumns, studentRows)
        return tables
    }

    static var snapshot: TableSnapshot {
        TableSnapshot(id: attempts, title: "Attempts", columns: attemptColumns, rows: attemptRows, version: 1)
    }

    static var studentSnapshot: TableSnapshot {
        TableSnapshot(id: students, title: "Students", columns: studentColumns, rows: studentRows, version: 1)
    }

    static let dashboard = DashboardDefinition(
        id: "class", title: "Class & <co>", description: "How it goes",
        empty: "Send events: `lectern simulate --to {host}`",
        filters: [DashboardFilter(column: "module", title: "Module")],
        panels: [
            PanelDefinition(title: "Attempts", table: "attempts", content: .number(Measure(.count))),
            PanelDefinition(
                title: "Students", table: "students", unit: "%",
                content: .tiles(
                    Tiles(
                        name: "student", value: "score",
                        status: Status(
                            column: "score",
                            levels: [
                                Status.Level(.below(50), word: "needs help", tone: .alert),
                                Status.Level(word: "on track", tone: .good),
                            ]), details: ["module"]))),
            PanelDefinition(
                title: "All", table: "attempts", content: .table(columns: [], sort: nil, limit: 50)),
        ])
}

extension Quiz {
    /// One worker that has folded ten events, an output that waits, and a store that is away.
    static var processor: ProcessorReport {
        var report = ProcessorReport()
        report.processed = 10
        report.filtered = 2
        report.naturalDuplicates = 3
        report.syntheticDuplicates = 1
        report.workers = [
            ProcessorReport.Worker(
                name: "quiz", process: 4711, plugins: ["quiz"], shares: [0.25, 0.5],
                lag: ProcessorReport.Lag(records: 7, seconds: 1.5),
                durations: ProcessorReport.Durations(bounds: [0.1, 1], buckets: [6, 3, 1], sum: 4.5))
        ]
        report.outputs = [
            ProcessorReport.Output(
                name: "bus", type: "kafka", state: .waiting, published: 1234,
                lag: ProcessorReport.Lag(records: 7, seconds: 12), problem: "no <broker> answers")
        ]
        report.stores = [
            ProcessorReport.Store(name: "default", type: "sqlite"),
            ProcessorReport.Store(name: "cache", type: "redis_ephemeral", problem: "it is away"),
        ]
        return report
    }
}
