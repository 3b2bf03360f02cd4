import EventLog
import Glibc
import PluginHost
import Records
import Reduction
import Rules
import Web

/// What a host knows of its own health, as alert rules ask for it. Not thread-safe.
struct AlertFigures {
    /// One value, and in words what stands behind it.
    struct Value {
        let key: String
        let number: Double
        var words: String?
    }

    /// So far back dead letters count.
    private static let window: Int64 = 60_000_000
    /// New dead letters whose components are looked at in one look, at most.
    private static let lettersAtOnce = 1000
    /// A plugin lies behind by less once it has caught up, in seconds.
    private static let behind = 5.0

    private let log: EventLog
    private let data: String
    /// Dead letters by stage at each look of the last minute.
    private var counts: [(time: Int64, letters: [DeadLetter.Stage: UInt64])] = []
    private var lastLetter: UInt64
    /// Events that components did not take in the last minute.
    private var failures: [(time: Int64, component: String)] = []
    /// When each plugin's build was seen first, and when it had caught up with the log.
    private var seen: [String: Moment] = [:]
    private var settled: [String: Moment] = [:]
    /// From then until its rows are as of then, too: they follow checkpoints. Microseconds.
    private let grace: Int64

    private struct Moment {
        let build: String
        let time: Int64
    }

    /// - Parameter checkpoint: seconds from one checkpoint to the next.
    init(_ log: EventLog, data: String, checkpoint: Double) {
        self.log = log
        grace = 3_000_000 + Int64(checkpoint * 4e6)
        self.data = data
        lastLetter = log.deadLetters.lastID
    }

    /// The plugins that have caught up with the log, and have not fallen far behind: what they have is whole.
    private(set) var whole: Set<String> = []

    /// Looks at what must be looked at again and again. Reads files.
    mutating func look(_ engine: ReductionEngine, now: Int64) throws {
        counts.append((now, log.deadLetters.counts))
        // One that is older is kept, to count from.
        while counts.count > 1, counts[1].time <= now - Self.window { counts.removeFirst() }
        for letter in try log.deadLetters.page(after: lastLetter, limit: Self.lettersAtOnce) {
            lastLetter = letter.id
            guard [.read, .reduce].contains(letter.letter.stage), let component = letter.letter.component else {
                continue
            }
            failures.append((now, component))
        }
        failures.removeAll { $0.time <= now - Self.window }
        let builds = Dictionary(uniqueKeysWithValues: engine.plugins.map { ($0.id, $0.identity.build) })
        whole = []
        for (plugin, lag) in engine.lags {
            guard let build = builds[plugin] else { continue }
            settle(plugin, build, lag, now)
            if let settled = settled[plugin], lag.seconds < Self.behind, now - settled.time >= grace {
                whole.insert(plugin)
            }
        }
    }

    private mutating func settle(_ plugin: String, _ build: String, _ lag: FoldLag, _ now: Int64) {
        if settled[plugin]?.build == build { return }
        settled[plugin] = nil
        if seen[plugin]?.build != build { seen[plugin] = Moment(build: build, time: now) }
        // How long the first record waits is not known before some were folded.
        let isKnown = now - (seen[plugin]?.time ?? now) > Int64(Self.behind * 2e6)
        guard lag.records == 0 || isKnown && lag.seconds < Self.behind else { return }
        settled[plugin] = Moment(build: build, time: now)
    }

    /// The values of a figure. Nothing is said of what still catches up after a start.
    func values(
        _ figure: AlertFigure, _ engine: ReductionEngine, _ report: ProcessorReport, _ readiness: Readiness
    ) -> [Value] {
        switch figure {
        case .lagSeconds:
            return lags(engine).map { Value(key: "plugin:\($0)", number: $1.seconds, words: $1.seconds.secondsText) }
        case .lagMessages: return lags(engine).map { Value(key: "plugin:\($0)", number: Double($1.records)) }
        case .deadLetters:
            guard let now = counts.last, let before = counts.first else { return [] }
            return now.letters.map { stage, count in
                Value(key: "stage:\(stage.rawValue)", number: Double(count - min(count, before.letters[stage] ?? 0)))
            }
        case .failures:
            return Dictionary(grouping: failures, by: \.component).map { component, found in
                Value(
                    key: "component:\(component)", number: Double(found.count),
                    words: "\(found.count) events of the last minute were skipped for it")
            }
        case .pluginAway:
            return engine.troubles.map { Value(key: "plugin:\($0.key)", number: 1, words: $0.value.reason) }
        case .storeAway:
            return report.stores.compactMap { store in
                store.problem.map { Value(key: "store:\(store.name)", number: 1, words: $0) }
            }
        case .outputAway:
            return report.outputs.compactMap { output in
                output.problem.map { Value(key: "output:\(output.name)", number: 1, words: $0) }
            }
        case .notReady:
            return readiness.report().compactMap { check in
                check.problem.map { Value(key: "check:\(check.name)", number: 1, words: $0) }
            }
        case .memoryRatio:
            return report.memory.map { memory in
                let ratio = Double(memory.used) / Double(max(1, memory.limit))
                return [Value(key: "host", number: ratio, words: "\(ratio.percent) of reduction.memory")]
            } ?? []
        case .diskFreeRatio:
            var space = statvfs()
            guard statvfs(data, &space) == 0, space.f_blocks > 0 else { return [] }
            let ratio = Double(space.f_bavail) / Double(space.f_blocks)
            return [Value(key: "host", number: ratio, words: "\(ratio.percent) of the disk are free")]
        }
    }

    private func lags(_ engine: ReductionEngine) -> [(String, FoldLag)] {
        let builds = Dictionary(uniqueKeysWithValues: engine.plugins.map { ($0.id, $0.identity.build) })
        return engine.lags.filter { lag in settled[lag.plugin].map { $0.build == builds[lag.plugin] } ?? false }
            .map { ($0.plugin, $0.lag) }
    }
}
