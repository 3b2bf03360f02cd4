import Records
import Sinks
import Web

extension MetricsRegistry {
    /// Adds what is known of the tables that are written into a database.
    func add(_ warehouse: Warehouse) {
        add(.counter, "lectern_warehouse_rows_total", "Rows that were written into the warehouse or removed from it.") {
            Double(warehouse.counters.rows)
        }
        add(.counter, "lectern_warehouse_writes_total", "Transactions that were committed.") {
            Double(warehouse.counters.transactions)
        }
        add(.counter, "lectern_warehouse_write_duration_seconds_total", "How long these transactions took together.") {
            warehouse.counters.seconds
        }
        add(.counter, "lectern_warehouse_failures_total", "Transactions that failed; their rows are written later.") {
            Double(warehouse.counters.failures)
        }
        add(.gauge, "lectern_warehouse_waiting_rows", "Rows that wait for the database.") {
            Double(warehouse.counters.waiting)
        }
        add(.gauge, "lectern_warehouse_lag_seconds", "How long the oldest of them has waited.") {
            warehouse.counters.waitingSince.map { Double(MonotonicClock.microseconds - $0) / 1e6 } ?? 0
        }
    }
}
