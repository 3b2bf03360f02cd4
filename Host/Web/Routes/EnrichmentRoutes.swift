package import Enrichment
import Hummingbird

/// `GET /processor/enrichment`: `{"enrichers": [{"enricher", "member", "source", "breaker", "remembered", "events": {"fresh",
/// "stale", "missing"}, "hits": {"memory", "redis"}, "calls", "errors", "overflows", "success_ratio", "seconds"}],
/// "derived": ["checks.retention"]}`, since the start. `success_ratio` is null while there was no event; `seconds` is the mean of
/// look-ups that memory had no answer for.
struct EnrichmentRoutes {
    let report: @Sendable () -> EnrichmentReport

    func add(to router: Router<WebRequestContext>) {
        router.get("/processor/enrichment") { _, context in
            try context.require(.viewer)
            let report = report()
            var json = JSONWriter()
            json.object { json in
                json.key("enrichers")
                json.array(report.enrichers) { json, enricher in
                    json.object { json in Self.write(enricher, to: &json) }
                }
                json.key("derived")
                json.array(report.derived) { json, name in json.text(name) }
            }
            return Response.json(json)
        }
    }

    private static func write(_ enricher: EnrichmentReport.Enricher, to json: inout JSONWriter) {
        let counts = enricher.counts
        json.member("enricher", enricher.id)
        json.member("member", enricher.member)
        json.member("source", enricher.source)
        json.member("breaker", enricher.breaker.rawValue)
        json.member("remembered", enricher.remembered)
        json.key("events")
        json.object { json in
            json.member("fresh", counts.fresh)
            json.member("stale", counts.stale)
            json.member("missing", counts.missing)
        }
        json.key("hits")
        json.object { json in
            json.member("memory", counts.memoryHits)
            json.member("redis", counts.sharedHits)
        }
        json.member("calls", counts.calls)
        json.member("errors", counts.errors)
        json.member("overflows", counts.overflows)
        let events = counts.fresh + counts.stale + counts.missing
        json.key("success_ratio")
        json.number(Double(counts.fresh + counts.stale) / Double(events))
        let lookups = counts.seconds.buckets.reduce(0, +)
        json.key("seconds")
        json.number(Double(counts.seconds.sum) / 1_000_000 / Double(lookups))
    }
}

extension MetricsRegistry {
    /// Adds what was looked up of events. The names of enrichers and sources say nothing of students.
    package func addEnrichment(_ report: @escaping @Sendable () -> EnrichmentReport) {
        typealias Counts = EnrichmentReport.Counts
        func add(
            _ kind: MetricFamily.Kind, _ name: String, _ help: String,
            _ values: @escaping @Sendable (EnrichmentReport.Enricher) -> [(labels: [(String, String)], value: Double)]
        ) {
            self.add(kind, name, help) {
                report().enrichers.flatMap { enricher in
                    values(enricher).map { Sample($0.value, labels: [("enricher", enricher.id)] + $0.labels) }
                }
            }
        }
        add(.counter, "lectern_enrichment_events_total", "Events that were looked up, by what their answer is worth.") {
            enricher in
            let counts = enricher.counts
            return [("fresh", counts.fresh), ("stale", counts.stale), ("missing", counts.missing)].map {
                ([("status", $0.0)], Double($0.1))
            }
        }
        add(.counter, "lectern_enrichment_hits_total", "Look-ups that a cache answered, by which.") { enricher in
            [("memory", enricher.counts.memoryHits), ("redis", enricher.counts.sharedHits)].map {
                ([("cache", $0.0)], Double($0.1))
            }
        }
        add(.counter, "lectern_enrichment_calls_total", "Times that a source was asked.") {
            [([], Double($0.counts.calls))]
        }
        add(.counter, "lectern_enrichment_errors_total", "Times that a source did not answer, or refused.") {
            [([], Double($0.counts.errors))]
        }
        add(.counter, "lectern_enrichment_overflows_total", "Look-ups that were left out because too many waited.") {
            [([], Double($0.counts.overflows))]
        }
        add(.gauge, "lectern_enrichment_remembered_keys", "Keys whose answers are in memory.") {
            [([], Double($0.remembered))]
        }
        add(.gauge, "lectern_enrichment_breaker_state", "1 for the state of the breaker of an enricher's source.") {
            enricher in
            [Breaker.State.closed, .open, .halfOpen].map {
                ([("source", enricher.source), ("state", $0.rawValue)], enricher.breaker == $0 ? 1 : 0)
            }
        }
        self.add(
            .histogram, "lectern_enrichment_lookup_seconds", "How long look-ups took that memory had no answer for."
        ) { report().enrichers.flatMap { Self.histogram($0) } }
    }

    private static func histogram(_ enricher: EnrichmentReport.Enricher) -> [Sample] {
        let seconds = enricher.counts.seconds
        var samples: [Sample] = []
        var count: UInt64 = 0
        for (index, bucket) in seconds.buckets.enumerated() {
            count += bucket
            let bound =
                index < LookupSeconds.bounds.count ? "\(Double(LookupSeconds.bounds[index]) / 1_000_000)" : "+Inf"
            var sample = Sample(Double(count), labels: [("enricher", enricher.id), ("le", bound)])
            sample.suffix = "_bucket"
            samples.append(sample)
        }
        for (suffix, value) in [("_sum", Double(seconds.sum) / 1_000_000), ("_count", Double(count))] {
            var sample = Sample(value, labels: [("enricher", enricher.id)])
            sample.suffix = suffix
            samples.append(sample)
        }
        return samples
    }
}
