import Glibc

/// FSRS-6: how stability and difficulty of a memory change with each review. The functions of the algorithm, by its
/// published parameters w0 to w20; `FSRSCard` is the schedule that is made of them.
package struct FSRS: Equatable, Sendable {
    package static let defaults = [
        0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614, 0.2629,
        1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
    ]

    /// What each parameter may be.
    package static let bounds: [ClosedRange<Double>] = [
        0.001...100, 0.001...100, 0.001...100, 0.001...100, 1...10, 0.001...4, 0.001...4, 0.001...0.75, 0...4.5,
        0...0.8, 0.001...3.5, 0.001...5, 0.001...0.25, 0.001...0.9, 0...4, 0...1, 1...6, 0...2, 0...2, 0...0.8,
        0.1...0.8,
    ]

    package static let smallestStability = 0.001

    private let w: [Double]
    private let decay: Double
    private let factor: Double

    /// - Parameter parameters: 21, within `bounds`.
    package init(parameters: [Double] = FSRS.defaults) {
        precondition(parameters.count == FSRS.defaults.count, "FSRS-6 has 21 parameters")
        w = parameters
        decay = -parameters[20]
        factor = pow(0.9, 1 / decay) - 1
    }

    /// The probability of recall so many days after a review.
    package func retrievability(days: Double, stability: Double) -> Double {
        pow(1 + factor * days / stability, decay)
    }

    /// After how many days the retrievability has fallen to `value`, which is above 0 and at most 1.
    package func days(toRetrievability value: Double, stability: Double) -> Double {
        stability / factor * (pow(value, 1 / decay) - 1)
    }

    /// Whole days until the retrievability has fallen to `retention`.
    package func interval(stability: Double, retention: Double, longest: Int) -> Int {
        let days = days(toRetrievability: retention, stability: stability).rounded(.toNearestOrEven)
        return Int(min(max(days, 1), Double(longest)))
    }

    package func initialStability(_ grade: Grade) -> Double { max(w[grade.rawValue - 1], FSRS.smallestStability) }

    package func initialDifficulty(_ grade: Grade) -> Double { clamped(unclampedInitialDifficulty(grade)) }

    package func unclampedInitialDifficulty(_ grade: Grade) -> Double {
        w[4] - exp(w[5] * Double(grade.rawValue - 1)) + 1
    }

    package func nextDifficulty(_ difficulty: Double, _ grade: Grade) -> Double {
        let change = -w[6] * Double(grade.rawValue - 3)
        let damped = difficulty + change * (10 - difficulty) / 9
        return clamped(w[7] * unclampedInitialDifficulty(.easy) + (1 - w[7]) * damped)
    }

    /// After another review less than a day after the last one.
    package func sameDayStability(_ stability: Double, _ grade: Grade) -> Double {
        var increase = exp(w[17] * (Double(grade.rawValue) - 3 + w[18])) * pow(stability, -w[19])
        if grade != .again { increase = max(increase, 1) }
        return max(stability * increase, FSRS.smallestStability)
    }

    /// After a review at least a day after the last one.
    /// - Parameters:
    ///   - difficulty: before the review.
    ///   - retrievability: at the review, by the stability before it.
    package func nextStability(
        _ stability: Double, difficulty: Double, retrievability: Double, _ grade: Grade
    ) -> Double {
        let next =
            grade == .again
            ? forgotten(stability, difficulty, retrievability) : recalled(stability, difficulty, retrievability, grade)
        return max(next, FSRS.smallestStability)
    }

    private func recalled(
        _ stability: Double, _ difficulty: Double, _ retrievability: Double, _ grade: Grade
    ) -> Double {
        let growth = exp(w[8]) * (11 - difficulty) * pow(stability, -w[9]) * (exp(w[10] * (1 - retrievability)) - 1)
        return stability * (1 + growth * (grade == .hard ? w[15] : 1) * (grade == .easy ? w[16] : 1))
    }

    private func forgotten(_ stability: Double, _ difficulty: Double, _ retrievability: Double) -> Double {
        let long =
            w[11] * pow(difficulty, -w[12]) * (pow(stability + 1, w[13]) - 1) * exp(w[14] * (1 - retrievability))
        return min(long, stability / exp(w[17] * w[18]))
    }

    private func clamped(_ difficulty: Double) -> Double { min(max(difficulty, 1), 10) }
}
