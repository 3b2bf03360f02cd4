import Glibc
import MemoryModels
import PluginAPI

/// Both models of memory, as the settings have them.
package struct Models: Equatable, Sendable {
    package let settings: MemorySettings
    package let fsrs: FSRSScheduler

    package init(_ settings: MemorySettings) {
        self.settings = settings
        fsrs = settings.fsrs6.scheduler
    }

    /// What is remembered of a module, by either model.
    package struct Memory: Codable, Equatable, Sendable {
        package var ebbinghaus: Ebbinghaus.Memory
        package var fsrs6: FSRSScheduler.Card
        /// Of the last review, in percent.
        package var score: Double
        package var last: Timestamp
        package var reviews: Int
    }

    /// - Parameter memory: nil before the first review.
    package func review(_ memory: Memory?, score: Double, at time: Timestamp) -> Memory {
        Memory(
            ebbinghaus: settings.ebbinghaus.review(
                memory?.ebbinghaus, confidence: score / settings.passMark, at: time),
            fsrs6: fsrs.review(memory?.fsrs6, settings.grades.grade(of: score), at: time), score: score, last: time,
            reviews: (memory?.reviews ?? 0) + 1)
    }

    /// The probability of recall.
    package func retrievability(
        of memory: Memory, at time: Timestamp, by model: MemorySettings.ModelName
    ) -> Double {
        switch model {
        case .ebbinghaus: memory.ebbinghaus.retrievability(at: time)
        case .fsrs6: fsrs.retrievability(of: memory.fsrs6, at: time)
        }
    }

    /// When the next review is due.
    package func due(_ memory: Memory, by model: MemorySettings.ModelName) -> Timestamp {
        switch model {
        case .ebbinghaus: memory.ebbinghaus.due
        case .fsrs6: memory.fsrs6.due
        }
    }

    /// Days until the probability of recall has fallen to 0.9.
    package func stability(_ memory: Memory, by model: MemorySettings.ModelName) -> Double {
        switch model {
        case .ebbinghaus: memory.ebbinghaus.interval
        case .fsrs6: memory.fsrs6.stability
        }
    }

    /// The rate, per day, of the exponential decay that falls to 0.9 when the memory does.
    package func decayFactor(_ memory: Memory, by model: MemorySettings.ModelName) -> Double {
        -log(0.9) / stability(memory, by: model)
    }

    /// What is forgotten, by the model that was chosen: 0 to 100.
    package func forgetting(_ memory: Memory, at time: Timestamp) -> Int {
        Int((100 * (1 - retrievability(of: memory, at: time, by: settings.model))).rounded())
    }

    /// When the forgetting score reaches one of 1 to 100, which it has not at `time`; nil if in no time that matters.
    package func time(of memory: Memory, forgetting score: Int) -> Timestamp? {
        // Where the score is rounded up to this one.
        let value = 1 - (Double(score) - 0.5) / 100
        let reached: Timestamp? =
            switch settings.model {
            case .ebbinghaus: memory.ebbinghaus.time(ofRetrievability: value)
            case .fsrs6: fsrs.time(ofRetrievability: value, of: memory.fsrs6)
            }
        guard var time = reached else { return nil }
        // A logarithm's last bit may place it just before, by a day where whole days count.
        let step = settings.model == .fsrs6 ? Timestamp.microsecondsPerDay : 1_000
        while forgetting(memory, at: time) < score { time = time.advanced(by: step) }
        return time
    }

    /// When time alone changes what a row says next, after `time`.
    package func nextChange(of memory: Memory, after time: Timestamp) -> Timestamp? {
        let score = forgetting(memory, at: time)
        let step = settings.forgettingStep
        let next = [(score / step + 1) * step, settings.urgency.medium, settings.urgency.high]
            .filter { $0 > score && $0 <= 100 }.min()
        return next.flatMap { self.time(of: memory, forgetting: $0) }
    }
}
