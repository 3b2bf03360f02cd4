/// How well something was remembered, as FSRS counts it.
package enum Grade: Int, Sendable, CaseIterable { case again = 1, hard, good, easy }

/// From which score, in percent, a quiz earns which grade. What is below `hard` is `again`.
package struct GradeScale: Codable, Equatable, Sendable {
    package var hard = 70.0
    package var good = 80.0
    package var easy = 95.0

    package init() {}

    package func grade(of score: Double) -> Grade {
        score < hard ? .again : score < good ? .hard : score < easy ? .good : .easy
    }
}
