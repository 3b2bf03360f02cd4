import Topics
import Web

extension MetricsRegistry {
    /// Adds what is known of the topics that are read.
    func add(_ topics: TopicReader) {
        @Sendable func labels(_ figures: TopicReader.Figures) -> [(String, String)] {
            [("topic", figures.topic), ("partition", "\(figures.partition)")]
        }
        add(.counter, "lectern_topic_messages_total", "Messages of topics that were read since the start.") {
            topics.figures.map { Sample(Double($0.messages), labels: labels($0)) }
        }
        add(.gauge, "lectern_topic_lag_messages", "Messages that are in a topic, and were not read yet.") {
            topics.figures.compactMap { figures in
                figures.lag.map { Sample(Double($0), labels: labels(figures)) }
            }
        }
    }
}
