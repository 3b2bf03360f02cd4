package import PluginAPI

/// When something is to be reviewed again, by FSRS-6: first in steps of minutes, then in whole days.
package struct FSRSScheduler: Equatable, Sendable {
    package let fsrs: FSRS
    /// The probability of recall at which the next review is due.
    package var retention = 0.9
    /// Waits after the first reviews, and after something was forgotten, in microseconds.
    package var learningSteps: [Int64] = [60_000_000, 600_000_000]
    package var relearningSteps: [Int64] = [600_000_000]
    /// In days.
    package var longestInterval = 36_500

    package init(_ fsrs: FSRS = FSRS()) { self.fsrs = fsrs }

    /// What is remembered of something that was reviewed at least once.
    package struct Card: Codable, Equatable, Sendable {
        package enum Stage: Int, Codable, Sendable { case learning = 1, review, relearning }

        package var stage: Stage
        /// Which of the steps it waits for; nil if none.
        package var step: Int?
        /// Days until the probability of recall is 0.9.
        package var stability: Double
        /// 1 to 10.
        package var difficulty: Double
        package var last: Timestamp
        package var due: Timestamp
    }

    /// The probability of recall, by whole days since the last review.
    package func retrievability(of card: Card, at time: Timestamp) -> Double {
        fsrs.retrievability(days: Double(time.wholeDays(since: card.last)), stability: card.stability)
    }

    /// When the probability of recall has fallen to `value`, which is above 0 and below 1; nil if in no time that
    /// matters.
    package func time(ofRetrievability value: Double, of card: Card) -> Timestamp? {
        let days = fsrs.days(toRetrievability: value, stability: card.stability).rounded(.up)
        return days < 1e7 ? card.last.advanced(by: Int64(max(days, 1)) * Timestamp.microsecondsPerDay) : nil
    }

    /// - Parameter card: nil before the first review.
    package func review(_ card: Card?, _ grade: Grade, at time: Timestamp) -> Card {
        guard let card else {
            let stability = fsrs.initialStability(grade)
            let new = Card(
                stage: .learning, step: 0, stability: stability, difficulty: fsrs.initialDifficulty(grade), last: time,
                due: time)
            return schedule(new, grade, at: time)
        }
        var next = card
        // A review that comes out of order is one of the same day.
        if time.wholeDays(since: card.last) < 1 {
            next.stability = fsrs.sameDayStability(card.stability, grade)
        } else {
            next.stability = fsrs.nextStability(
                card.stability, difficulty: card.difficulty, retrievability: retrievability(of: card, at: time), grade)
        }
        next.difficulty = fsrs.nextDifficulty(card.difficulty, grade)
        return schedule(next, grade, at: time)
    }

    private func schedule(_ card: Card, _ grade: Grade, at time: Timestamp) -> Card {
        var next = card
        next.last = time
        let wait: Int64?
        switch card.stage {
        case .review:
            wait = grade == .again ? relearningSteps.first : nil
            (next.stage, next.step) = wait == nil ? (.review, nil) : (.relearning, 0)
        case .learning, .relearning:
            wait = step(of: &next, grade, card.stage == .learning ? learningSteps : relearningSteps)
        }
        next.due = time.advanced(by: wait ?? days(of: next))
        return next
    }

    /// Moves a card along its steps. Returns how long it waits, or nil if it has passed the last of them.
    private func step(of card: inout Card, _ grade: Grade, _ steps: [Int64]) -> Int64? {
        let step = card.step ?? 0
        let next: Int? =
            switch grade {
            case _ where steps.isEmpty || (step >= steps.count && grade != .again): nil
            case .again: 0
            case .hard: step
            case .good: step + 1 < steps.count ? step + 1 : nil
            case .easy: nil
            }
        card.step = next
        guard let next else {
            card.stage = .review
            return nil
        }
        guard grade == .hard, step == 0 else { return steps[next] }
        return steps.count == 1 ? steps[0] * 3 / 2 : (steps[0] + steps[1]) / 2
    }

    private func days(of card: Card) -> Int64 {
        let days = fsrs.interval(stability: card.stability, retention: retention, longest: longestInterval)
        return Int64(days) * Timestamp.microsecondsPerDay
    }
}
