extension MetricsRegistry {
    /// Adds what is known of the processing of events, under the names that `/metrics/processor` has.
    package func add(processor report: @escaping @Sendable () -> ProcessorReport) {
        add(.counter, "events_processed_total", "Events that shards have folded since the start.") {
            Double(report().processed)
        }
        add(.counter, "events_enriched_total", "Events that each enricher has enriched since the start.") {
            (report().enrichment?.events ?? [:]).sorted { $0.key < $1.key }.map {
                Sample(Double($0.value), labels: [("enricher", $0.key)])
            }
        }
        add(.counter, "events_filtered_total", "Events that filter rules kept from plugins since the start.") {
            Double(report().filtered)
        }
        add(
            .counter, "events_deduplicated_total",
            "Events whose id came before since the start: natural ones said the same, synthetic ones something else."
        ) {
            let report = report()
            return [("natural", report.naturalDuplicates), ("synthetic", report.syntheticDuplicates)].map {
                Sample(Double($0.1), labels: [("kind", $0.0)])
            }
        }
        add(
            .histogram, "processing_duration_seconds", "From an event's arrival until it was folded, for each worker."
        ) { report().workers.flatMap { Self.samples($0.durations, [("worker", $0.name)]) } }
        add(.gauge, "enrichment_cache_hit_ratio", "Share of the look-ups that a cache answered, since the start.") {
            guard let enrichment = report().enrichment, enrichment.lookups > 0 else { return [] }
            return [Sample(Double(enrichment.hits) / Double(enrichment.lookups))]
        }
        add(
            .gauge, "worker_utilization_percent",
            "Share of the last ten seconds or so that a worker's shard has worked, from 0 to 100."
        ) {
            report().workers.flatMap { worker in
                worker.shares.enumerated().map { shard, share in
                    Sample(share * 100, labels: [("worker", worker.name), ("shard", "\(shard)")])
                }
            }
        }
        add(.gauge, "queue_depth", "Records of the log that the worker furthest behind has not folded yet.") {
            Double(report().workers.map(\.lag.records).max() ?? 0)
        }
    }

    private static func samples(
        _ durations: ProcessorReport.Durations, _ labels: [(name: String, value: String)]
    ) -> [Sample] {
        var events: UInt64 = 0
        var samples: [Sample] = []
        func add(_ suffix: String, _ value: Double, _ more: [(name: String, value: String)] = []) {
            var sample = Sample(value, labels: labels + more)
            sample.suffix = suffix
            samples.append(sample)
        }
        for (index, bucket) in durations.buckets.enumerated() {
            events += bucket
            let bound = index < durations.bounds.count ? "\(durations.bounds[index])" : "+Inf"
            add("_bucket", Double(events), [("le", bound)])
        }
        add("_sum", durations.sum)
        add("_count", Double(events))
        return samples
    }
}
