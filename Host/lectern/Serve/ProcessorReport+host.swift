import Enrichment
import Records
import Reduction
import Rules
import Sinks
import Web

extension ProcessorReport {
    /// As of a running host.
    ///
    /// - Parameter types: of the outputs, by their names.
    init(
        _ engine: ReductionEngine, _ stores: [Store], _ warehouse: Store?, _ outputs: [Publisher],
        _ tableOutputs: [TableOutput], _ enrichment: EnrichmentReport?, types: [String: String], isEnabled: Bool
    ) {
        self.init()
        self.isEnabled = isEnabled
        failure = engine.failure.map { "\($0)" }
        workers = engine.folding.map(Worker.init)
        self.stores = stores + (warehouse.map { [$0] } ?? [])
        self.outputs =
            outputs.map { Output($0, type: types[$0.name] ?? "") }
            + tableOutputs.map { Output($0, type: types[$0.name] ?? "") }
        self.enrichment = enrichment.map(Enrichment.init)
        processed = engine.folded
        filtered = engine.filterCounts.reduce(0) { $0 + $1.blocked }
        let duplicates = engine.dropped
        (naturalDuplicates, syntheticDuplicates) = (duplicates.natural, duplicates.synthetic)
        let states = engine.states
        marks = (states.residentMarks, states.spilledMarks)
        memory = engine.memory
    }
}

extension ProcessorReport.Worker {
    fileprivate init(_ folding: FoldingProcess) {
        let durations = folding.durations
        self.init(
            name: folding.worker ?? "host", process: folding.process, plugins: folding.plugins, shares: folding.shares,
            lag: ProcessorReport.Lag(folding.lag),
            durations: ProcessorReport.Durations(
                bounds: FoldDurations.bounds, buckets: durations.buckets, sum: durations.sum))
    }
}

extension ProcessorReport.Output {
    fileprivate init(_ output: Publisher, type: String) {
        let counters = output.counters
        let failure = output.failure
        self.init(
            name: output.name, type: type,
            state: failure != nil ? .stopped : counters.waiting != nil ? .waiting : .publishing,
            published: counters.published, lag: ProcessorReport.Lag(output.lag),
            problem: failure.map { "\($0)" } ?? counters.waiting)
    }
}

extension ProcessorReport.Output {
    /// Of rows, which wait in memory and not in the log.
    fileprivate init(_ output: TableOutput, type: String) {
        let counters = output.rows.counters
        let waited = counters.waitingSince.map { Double(MonotonicClock.microseconds - $0) / 1e6 } ?? 0
        self.init(
            name: output.name, type: type, state: counters.trouble == nil ? .publishing : .waiting,
            published: counters.rows,
            lag: ProcessorReport.Lag(records: UInt64(clamping: counters.waiting), seconds: waited),
            problem: counters.trouble)
    }
}

extension ProcessorReport.Enrichment {
    fileprivate init(_ report: EnrichmentReport) {
        self.init(events: [:], lookups: 0, hits: 0)
        for enricher in report.enrichers {
            let counts = enricher.counts
            events[enricher.id] = counts.fresh + counts.stale
            lookups += counts.fresh + counts.stale + counts.missing
            hits += counts.memoryHits + counts.sharedHits
        }
    }
}

extension ProcessorReport.Store {
    /// How long rows may wait before that is a problem: seconds.
    private static let patience = 5.0

    /// The warehouse, which is written to and never asked: it is away if rows wait for long.
    static func warehouse(_ warehouse: Warehouse, _ configuration: WarehouseConfiguration) -> Self {
        let counters = warehouse.counters
        let waited = counters.waitingSince.map { Double(MonotonicClock.microseconds - $0) / 1e6 } ?? 0
        let limit = max(patience, configuration.interval.seconds * 3)
        return Self(
            name: "warehouse", type: configuration.kind.rawValue,
            problem: waited > limit ? "\(counters.waiting) rows have waited for \(Int(waited)) s" : nil)
    }
}

extension ProcessorReport.Alert {
    init(_ alert: Alert) {
        self.init(id: alert.id, rule: alert.rule, key: alert.key, value: alert.value, since: alert.since)
    }
}

extension ProcessorReport.Lag {
    fileprivate init(_ lag: FoldLag) { self.init(records: lag.records, seconds: lag.seconds) }
}
