import EventLog
import Ingest

extension MetricsRegistry {
    /// Adds what is known of the events that come in and of the log.
    func add(_ ingest: IngestService, _ log: EventLog) {
        add(.counter, "lectern_ingest_events_total", "Frames, lines and events of bodies, by what became of them.") {
            let counters = ingest.counters
            let rejected = DeadLetter.Stage.allCases.reduce(0) { $0 + counters.rejected(at: $1) }
            return [
                ("accepted", counters.accepted), ("duplicate", counters.duplicates), ("rejected", rejected),
                ("blocked", counters.blocked), ("erased", counters.erased),
            ].map {
                Sample(Double($0.1), labels: [("outcome", $0.0)])
            }
        }
        add(
            .counter, "lectern_events_consumed_total",
            "Events that were accepted, by type; `other`: types that no plugin names."
        ) {
            ingest.counters.types.values.map { Sample(Double($0.count), labels: [("type", $0.type)]) }
        }
        add(
            .counter, "lectern_ingest_clamped_total",
            "Events whose time was of the future by more than ingest.skew, and which count as of their arrival."
        ) { Double(ingest.counters.clamped) }
        add(.gauge, "lectern_ingest_connections", "Open WebSockets that bring events.") {
            Double(ingest.counters.connections)
        }
        add(.gauge, "lectern_ingest_backlog_bytes", "Bytes of events that wait for authentication.") {
            Double(ingest.counters.backlogBytes)
        }
        add(.counter, "lectern_dead_letters_total", "Input that could not be processed, by stage.") {
            let counts = log.deadLetters.counts
            return DeadLetter.Stage.allCases.map {
                Sample(Double(counts[$0] ?? 0), labels: [("stage", $0.rawValue)])
            }
        }
        add(.counter, "lectern_log_records_total", "Records that are durable in the log.") {
            Double(log.nextPositions.reduce(0, +))
        }
    }
}
