import Foundation

/// What follows from a running host's figures.
struct FigureFindings {
    /// What the specification of event services allows for 95 % of events, in seconds.
    private static let slow = 0.3

    private(set) var all: [Finding] = []

    /// - Parameters:
    ///   - processor: of `/metrics/processor`.
    ///   - figures: of `/metrics`.
    ///   - enrichment: the answer of `/processor/enrichment`; nil: nothing is enriched.
    init(
        _ status: ProcessorStatus, _ processor: FigureText, _ figures: FigureText, enrichment: String?,
        _ settings: HostSettings
    ) {
        durations(processor)
        duplicates(status, figures, settings)
        enrichments(processor, enrichment, isEnabled: status.enabled)
        warehouse(figures)
    }

    private mutating func durations(_ processor: FigureText) {
        guard let bound = processor.quantile(0.95, of: "processing_duration_seconds") else { return }
        let found = bound.isFinite ? "95 % of events were folded within \(bound) s" : "more than 5 % took over a minute"
        all.append(
            Finding(
                "durations", bound > Self.slow ? .warning : .ok, "\(found), since the workers began",
                remedy:
                    "See queue, workers and stores. A worker that began behind the log is slow until it has caught up.",
                topics: .delays))
    }

    private mutating func duplicates(_ status: ProcessorStatus, _ figures: FigureText, _ settings: HostSettings) {
        let clients = Int(figures.sum("lectern_ingest_events_total", having: "outcome=\"duplicate\"") ?? 0)
        let events = status.events
        let conflicts = events.conflicts > 0
        all.append(
            Finding(
                "duplicates", conflicts ? .warning : .ok,
                "\(events.duplicates) of \(events.processed) events came twice and counted once, \(events.conflicts) had the id "
                    + "of another event, and \(clients) were numbered by clients and known",
                remedy:
                    "Events with the id of another one are dead letters of the stage dedup: see that clients draw a new id "
                    + "for each event. What comes back later than `retention` of the section dedup counts again.",
                topics: .duplicates))
    }

    private mutating func enrichments(_ processor: FigureText, _ enrichment: String?, isEnabled: Bool) {
        guard enrichment != nil, let events = processor.sum("events_enriched_total") else {
            if isEnabled {
                all.append(
                    Finding(
                        "enrichment", .note, "nothing is enriched on this host",
                        remedy:
                            "Name a source for an enricher in the section enrichment; the plugin learner-context has two.",
                        topics: .enrichments))
            }
            return
        }
        let ratio = processor.sum("enrichment_cache_hit_ratio")
        let processed = processor.sum("events_processed_total") ?? 0
        let isLittle = processed > 100 && events < processed / 2
        all.append(
            Finding(
                "enrichment", isLittle ? .warning : .ok,
                "\(Int(processed)) events got \(Int(events)) answers of enrichers"
                    + (ratio.map { ", a cache answered \($0.percent) of the look-ups" } ?? ""),
                remedy:
                    "`/processor/enrichment` says which source fails: see that it answers within its time, that its breaker "
                    + "is closed, and that the caches' times are long enough.", topics: .enrichments, .memory))
    }

    private mutating func warehouse(_ figures: FigureText) {
        guard let failures = figures.sum("lectern_warehouse_failures_total"), failures > 0 else { return }
        all.append(
            Finding(
                "warehouse", .note, "\(Int(failures)) transactions have failed since the start, and were tried again",
                remedy: "The host's own log says why.", topics: .delays))
    }
}
