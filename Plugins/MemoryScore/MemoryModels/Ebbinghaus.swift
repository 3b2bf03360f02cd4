import Glibc
package import PluginAPI

/// The rule of the platform's guide, after Ebbinghaus' curve: confidence = score / pass mark, and the next review is
/// 2 × confidence × interval after this one.
///
/// It states no probability of recall. As the field does for such rules, one is laid over it that has fallen to 0.9 when
/// the interval ends: R = 0.9^(days / interval).
package struct Ebbinghaus: Codable, Equatable, Sendable {
    /// The interval, in days, before the first review.
    package var firstInterval = 1.0
    /// The shortest interval in minutes.
    package var minimum = 10.0
    /// The longest interval in days.
    package var maximum = 365.0
    /// What an interval grows by if the score is the pass mark.
    package var factor = 2.0

    package init() {}

    /// What is remembered of something that was reviewed at least once.
    package struct Memory: Codable, Equatable, Sendable {
        /// In days, from the last review to the next.
        package var interval: Double
        package var last: Timestamp

        package var due: Timestamp { last.advanced(byDays: interval) }

        package func retrievability(at time: Timestamp) -> Double {
            pow(0.9, max(0, time.days(since: last)) / interval)
        }

        /// When the retrievability has fallen to `value`, which is above 0 and below 1.
        package func time(ofRetrievability value: Double) -> Timestamp? {
            let days = interval * log(value) / log(0.9)
            return days < 1e7 ? last.advanced(byDays: days) : nil
        }
    }

    /// - Parameters:
    ///   - memory: nil before the first review.
    ///   - confidence: the score through the pass mark.
    package func review(_ memory: Memory?, confidence: Double, at time: Timestamp) -> Memory {
        let interval = factor * confidence * (memory?.interval ?? firstInterval)
        return Memory(interval: min(max(interval, minimum / 1_440), maximum), last: time)
    }
}
