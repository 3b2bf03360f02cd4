import Sinks
import Web

extension MetricsRegistry {
    /// Adds what is known of alerts. A rule's name is the operator's, and says nothing of students.
    func add(_ alerts: AlertWatch, _ outbox: AlertOutbox) {
        add(.gauge, "lectern_alerts_firing", "Alerts that fire, by rule.") {
            alerts.counts.map { Sample(Double($0.firing), labels: [("rule", $0.rule)]) }
        }
        add(.counter, "lectern_alerts_total", "Alerts that have begun since the start, by rule.") {
            alerts.counts.map { Sample(Double($0.fired), labels: [("rule", $0.rule)]) }
        }
        add(.counter, "lectern_alert_messages_total", "Messages that the webhook has taken since the start.") {
            Double(outbox.counters.delivered)
        }
        add(.counter, "lectern_alert_failures_total", "Attempts to send one that failed since the start.") {
            Double(outbox.counters.failures)
        }
        add(.gauge, "lectern_alert_messages_waiting", "Messages that wait for the webhook.") {
            Double(outbox.counters.waiting)
        }
    }
}
