import FoundationEssentials
import Glibc
import KeyValueStore
import PluginHost
import Records
import Reduction

/// Runs one probe in this process, which the plugin may end.
struct PluginProbing {
    private let command: PluginCheckCommand
    private let host: HostSettings
    private let catalog: PluginCatalog

    /// How many states have every beginning of their bytes tried, and how many are merged with each other.
    private static let samples = 200
    private static let merged = 20
    /// How many ticks a state is given.
    private static let ticks = 20

    init(_ command: PluginCheckCommand) throws {
        self.command = command
        if let probe = command.probe { alarm(probe.seconds) }
        let host = try command.settings.load(data: ".")
        self.host = host
        Terminal.note("\(Self.during)it was loaded, and its functions were called with their tests")
        catalog = PluginCatalog.load(
            [command.file] + command.others, generations: Folder.cache("generations"), host.plugins.withoutPins,
            report: { Terminal.note("\($0.plugin): \($0.text)") })
    }

    func run(_ probe: PluginProbe) throws -> ProbeReport {
        if let refusal = catalog.refusals.first {
            let failure = refusal.file == command.file ? refusal.reason : "\(refusal)"
            return ProbeReport(failure: failure, refusedField: refusal.file == command.file ? refusal.field : "loading")
        }
        return switch probe {
        case .load: ProbeReport(components: components)
        case .oddLines(let source): oddLines(source)
        case .oddEvents: try oddEvents()
        case .states(let reducer): try states(reducer)
        case .cutStates(let reducer): try cutStates(reducer)
        case .merge(let reducer): try merge(reducer)
        case .migrations(let reducer): try migrations(reducer)
        case .ticks(let reducer): try ticks(reducer)
        case .fold(let shards, let batch, let restart, let ticks):
            try fold(shards: shards, batch: batch, restart: restart, ticks: ticks)
        }
    }

    /// Says what is going on, in case that this process does not come to its end.
    private func note(_ text: String) { Terminal.note(Self.during + text) }

    static let during = "while "

    private var plugin: Plugin { catalog.code[0] }

    private var components: ProbeReport.Components {
        ProbeReport.Components(
            sources: plugin.sources.map(\.id),
            reducers: plugin.reducers.map { reducer in
                .init(
                    id: reducer.id, merges: reducer.isSpread,
                    migrates: plugin.migrations.contains { $0.description.reducer == reducer.id },
                    isTimed: reducer.timer != nil)
            },
            aggregators: plugin.aggregators.map(\.id), tables: plugin.tables.map(\.id),
            dashboards: plugin.description.dashboards.map(\.id),
            functions: plugin.description.functions.map(\.summary),
            functionTests: plugin.functions.reduce(0) { $0 + $1.tests })
    }

    // MARK: Reading

    /// What came over the wire: it may be refused, but nothing else.
    private func oddLines(_ id: String) -> ProbeReport {
        guard let source = catalog.source(id) else { return ProbeReport(failure: "there is no source \(id)") }
        let lines: [[UInt8]] =
            ["", " ", "\0", "null", "{}", "[]", "{", "\"", "{\"a\":", "a,b,c", "-1e999", "\u{feff}{}"].map {
                Array($0.utf8)
            }
            + [[0xff, 0xfe, 0x80], Array(repeating: 0x61, count: 70_000), Array(repeating: 0x5b, count: 5_000)]
        var events = 0, rejected = 0
        for line in lines {
            note("it was given the line “\(String(decoding: line.prefix(40), as: UTF8.self))”")
            for outcome in line.withUnsafeBytes(source.decode) {
                if case .event = outcome { events += 1 } else { rejected += 1 }
            }
        }
        return ProbeReport(detail: "\(lines.count) lines: \(rejected) rejected, \(events) events")
    }

    private func oddEvents() throws -> ProbeReport {
        let types = Set(plugin.reducers.flatMap { $0.types.isEmpty ? ["x"] : $0.types }).sorted()
        // Whatever a reducer wants of these fields, in some event they are something else.
        let fields = Set(
            plugin.reducers.flatMap(\.key).compactMap { part in
                if case .field(let path) = part.kind { path.split(separator: ".").first.map(String.init) } else { nil }
            }
        ).sorted()
        let values = [
            "null", "true", "0", "-1", "9223372036854775807", "1e300", "0.5", "\"\"", "\"é\\u0000\"", "[]", "{}",
        ]
        var lines: [String] = []
        for type in types {
            let head = "{\"event_type\":\(try JSONOutput.line(type))"
            lines.append("\(head)}")
            lines.append("\(head),\"user_id\":\"\",\"timestamp\":\"never\"}")
            for value in values {
                let members = try fields.map { ",\(try JSONOutput.line($0)):\(value)" }.joined()
                lines.append("\(head),\"user_id\":\"ada\",\"timestamp\":\"2026-01-26T10:00:00Z\"\(members)}")
            }
        }
        let folder = try Folder.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try OutputFile("\(folder)/odd.jsonl")
        for line in lines { try file.write(line: line) }
        try file.flush()
        let summary = try Fold(catalog, host.foldOptions(restarts: []), store: nil)
            .run([FoldInput("\(folder)/odd.jsonl")], to: nil)
        return ProbeReport(
            detail: "\(lines.count) events without what is expected: \(summary.deadLetters) refused, no trap")
    }

    // MARK: States

    private func states(_ id: String) throws -> ProbeReport {
        let (index, check) = try check(id)
        if let problem = check.problemInEmptyState() { return ProbeReport(failure: "the empty state: \(problem)") }
        var count = 0
        var problem: String?
        try folded()?.forEachState(plugin: 0, reducer: index) { state in
            count += 1
            if problem == nil { problem = check.problem(inState: state) }
        }
        return ProbeReport(failure: problem, detail: "\(of(count)): canonical, and the same after decode and encode")
    }

    private func cutStates(_ id: String) throws -> ProbeReport {
        let (index, check) = try check(id)
        let states = try samples(index, check, Self.samples)
        for state in states {
            note("decode was given beginnings of \((CBOR.json(of: state) ?? "an unreadable state").prefix(160))")
            if let problem = check.problemInBeginnings(of: state) { return ProbeReport(failure: problem) }
        }
        return ProbeReport(detail: "\(of(states.count - 1)): decode refuses every beginning of their bytes")
    }

    private func merge(_ id: String) throws -> ProbeReport {
        let (index, check) = try check(id)
        let states = try samples(index, check, Self.merged)
        for first in states {
            for second in states {
                if let problem = check.problemInMerge(of: first, and: second) { return ProbeReport(failure: problem) }
            }
        }
        return ProbeReport(detail: "\(of(states.count - 1)): any order gives the same")
    }

    private func migrations(_ id: String) throws -> ProbeReport {
        let (index, check) = try check(id)
        let states = try samples(index, check, Self.samples)
        let edges = plugin.migrations.filter { $0.description.reducer == id }
        var details: [String] = []
        for edge in edges {
            let (from, to) = (edge.description.from, edge.description.to)
            let name = "\(from) to \(to)"
            note("its migration from version \(name) was tried")
            let migration = MigrationCheck(edge)
            if let problem = migration.problemInRefusing() { return ProbeReport(failure: "\(name): \(problem)") }
            let back = edges.first { $0.description.from == to && $0.description.to == from }
            guard from == plugin.reducers[index].version else {
                // What leads there makes states to try it with.
                if back == nil { details.append("\(name): not tried, there are no states of version \(from)") }
                continue
            }
            var same = 0
            for state in states {
                if let problem = migration.problem(of: state) { return ProbeReport(failure: "\(name): \(problem)") }
                guard let back = back.map(MigrationCheck.init), let there = migration.converted(state) else { continue }
                if let problem = back.problem(of: there) {
                    return ProbeReport(failure: "\(name) and back: \(problem)")
                }
                if back.converted(there) == state { same += 1 }
            }
            let rest = back == nil ? "" : ", and \(same) come back as they were"
            details.append("\(name): \(of(states.count - 1))\(rest)")
        }
        return ProbeReport(detail: details.joined(separator: "; "))
    }

    private func ticks(_ id: String) throws -> ProbeReport {
        let (index, check) = try check(id)
        let states = try samples(index, check, Self.samples)
        var asking = 0, count = 0
        for state in states {
            note("ticks were given to \((CBOR.json(of: state) ?? "an unreadable state").prefix(160))")
            let ticks = check.ticks(of: state, limit: Self.ticks)
            if let problem = ticks.problem { return ProbeReport(failure: problem) }
            if ticks.count > 0 { asking += 1 }
            count += ticks.count
        }
        return ProbeReport(
            detail: asking == 0
                ? "\(of(states.count - 1)): none asks for a tick"
                : "\(of(states.count - 1)): \(asking) ask for ticks, and each of \(count) gives the same and moves on")
    }

    private func of(_ states: Int) -> String {
        states == 0 ? "the empty state" : "the empty state and \(states) of the events"
    }

    private func check(_ id: String) throws -> (index: Int, check: ReducerCheck) {
        guard let index = plugin.reducer(id) else { throw InputFailure("there is no reducer \(id)") }
        return (index, ReducerCheck(plugin.reducers[index]))
    }

    /// The empty state's bytes, and those of some states of the events, evenly chosen.
    private func samples(_ reducer: Int, _ check: ReducerCheck, _ limit: Int) throws -> [[UInt8]] {
        guard let fold = try folded() else { return [check.emptyState] }
        var count = 0
        fold.forEachState(plugin: 0, reducer: reducer) { _ in count += 1 }
        let step = max(count / limit, 1)
        var samples = [check.emptyState]
        var number = 0
        fold.forEachState(plugin: 0, reducer: reducer) { state in
            if number % step == 0, samples.count <= limit {
                // Every beginning of a state is copied: that of a huge one would take too long.
                let bytes = check.encoded(state)
                if bytes.count <= 16 << 10 { samples.append(bytes) }
            }
            number += 1
        }
        return samples
    }

    // MARK: Folds

    /// The events, folded; nil without any.
    private func folded() throws -> Fold? {
        guard let events = command.events else { return nil }
        let fold = Fold(catalog, options(shards: 1, batch: 64), store: nil)
        _ = try fold.run([FoldInput(events)], to: nil)
        return fold
    }

    private func options(
        shards: Int, batch: Int, restarts: [UInt64] = [], ticks: Bool = false
    ) -> FoldOptions {
        var options = host.foldOptions(restarts: restarts)
        options.ticks = ticks
        options.shards = shards
        options.batch = batch
        // A restart is to find something to restore, and something to fold again.
        options.takesOneCheckpoint = !restarts.isEmpty
        return options
    }

    private func fold(shards: Int, batch: Int, restart: UInt64, ticks: Bool) throws -> ProbeReport {
        guard let events = command.events else { throw InputFailure("a fold needs --events") }
        let restarts = restart == 0 ? [] : [restart]
        let store = restarts.isEmpty ? nil : StubStore()
        let options = options(shards: shards, batch: batch, restarts: restarts, ticks: ticks)
        let fold = Fold(catalog, options, store: store)
        let summary = try fold.run([FoldInput(events)], to: nil)
        let types = Set(plugin.reducers.flatMap { $0.types.isEmpty ? ["any"] : $0.types }).sorted()
        guard summary.states > 0 else {
            return ProbeReport(
                failure:
                    "expected events of the types \(types.joined(separator: ", ")) that have the fields of "
                    + "a key, found none among \(summary.events) (\(summary.deadLetters) dead letters)")
        }
        return ProbeReport(
            detail: "\(summary.events) events, \(summary.states) states, \(summary.deadLetters) dead letters",
            fold: ProbeReport.Fold(
                events: summary.events, states: summary.sha256,
                tables: Dictionary(summary.rows.map { ($0.table, $0.sha256) }) { $1 }))
    }
}
