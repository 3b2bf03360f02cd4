import Reduction
import Sinks
import Web

extension MetricsRegistry {
    /// Adds what is known of the outputs into which events are published.
    func add(_ outputs: [Publisher]) {
        func add(
            _ kind: MetricFamily.Kind, _ name: String, _ help: String,
            _ value: @escaping @Sendable (Publisher) -> Double
        ) {
            self.add(kind, name, help) { outputs.map { Sample(value($0), labels: [("output", $0.name)]) } }
        }
        add(.counter, "lectern_output_events_total", "Events that an output has confirmed since the start.") {
            Double($0.counters.published)
        }
        add(.counter, "lectern_output_duplicates_total", "Duplicates that were left out since the start.") {
            Double($0.counters.duplicates)
        }
        add(.counter, "lectern_output_failures_total", "Attempts to publish that failed since the start.") {
            Double($0.counters.failures)
        }
        add(.gauge, "lectern_output_lag_messages", "Records of the log that an output has not got yet.") {
            Double($0.lag.records)
        }
        add(.gauge, "lectern_output_lag_seconds", "For how long the oldest of them waits; 0 if there is none.") {
            $0.lag.seconds
        }
        add(.gauge, "lectern_output_waiting", "1 while an output refuses what is tried again, or is away; else 0.") {
            $0.trouble == nil ? 0 : 1
        }
    }
}

extension MetricsRegistry {
    /// Adds what is known of the outputs that get rows of tables.
    func add(_ outputs: [TableOutput]) {
        func add(
            _ kind: MetricFamily.Kind, _ name: String, _ help: String,
            _ value: @escaping @Sendable (Warehouse.Counters) -> Double
        ) {
            self.add(kind, name, help) {
                outputs.map { Sample(value($0.rows.counters), labels: [("output", $0.name)]) }
            }
        }
        add(.counter, "lectern_output_rows_total", "Rows of tables that an output has confirmed since the start.") {
            Double($0.rows)
        }
        add(.gauge, "lectern_output_waiting_rows", "Rows of tables that wait for an output.") { Double($0.waiting) }
        add(.counter, "lectern_output_row_failures_total", "Attempts to publish rows that failed since the start.") {
            Double($0.failures)
        }
    }
}
