import MemoryModels
import PluginAPI

/// The plugin's settings. They decide what is folded: `lectern plugin rebuild memory-score` belongs to a change of any.
package struct MemorySettings: PluginSettings, Equatable, Sendable {
    /// Which model fills `memory_scores` and `revision_signals`: `ebbinghaus` or `fsrs6`. Both are always computed.
    package var model = ModelName.ebbinghaus
    /// The score, in percent, from which a quiz counts as recalled, and that is a confidence of 1.
    package var passMark = 70.0
    /// What a completion or a revision counts as that states no score.
    package var assumedScore = 80.0
    /// From which score a quiz earns which grade of FSRS.
    package var grades = GradeScale()
    package var ebbinghaus = Ebbinghaus()
    package var fsrs6 = FSRS6()
    /// From which forgetting score a revision is how urgent.
    package var urgency = UrgencyScale()
    /// By how many points of the forgetting score a row may be behind before time alone changes it.
    package var forgettingStep = 10
    /// Reviews that follow the one before sooner than so many days say nothing about forgetting, and are left out of
    /// the calibration.
    package var calibrationDays = 1.0
    /// How many revision signals a learner and module keep that are done.
    package var signalsKept = 10

    package enum ModelName: String, Codable, Sendable { case ebbinghaus, fsrs6 }

    package struct FSRS6: Codable, Equatable, Sendable {
        package var parameters = FSRS.defaults
        /// The probability of recall at which the next review is due.
        package var retention = 0.9
        /// Minutes.
        package var learningSteps = [1.0, 10.0]
        package var relearningSteps = [10.0]
        /// Days.
        package var longestInterval = 36_500
    }

    package init() {}
}

extension MemorySettings {
    /// Refuses what makes no sense.
    func check() throws {
        try expect(passMark, "passMark", in: 1...100, "a score in 1...100")
        try expect(assumedScore, "assumedScore", in: 0...100, "a score in 0...100")
        guard 0...100 ~= grades.hard, grades.hard...100 ~= grades.good, grades.good...100 ~= grades.easy else {
            throw SettingsError(
                "grades", expected: "scores in 0...100 with hard <= good <= easy",
                found: "hard \(grades.hard), good \(grades.good), easy \(grades.easy)")
        }
        try expect(ebbinghaus.minimum, "ebbinghaus.minimum", in: 1...525_600, "1 to 525600 minutes")
        try expect(ebbinghaus.maximum, "ebbinghaus.maximum", in: 1...36_500, "1 to 36500 days")
        guard ebbinghaus.minimum / 1_440 <= ebbinghaus.maximum else {
            throw SettingsError(
                "ebbinghaus.minimum", expected: "minutes that are no more than ebbinghaus.maximum days",
                found: "\(ebbinghaus.minimum)")
        }
        try expect(
            ebbinghaus.firstInterval, "ebbinghaus.firstInterval",
            in: ebbinghaus.minimum / 1_440...ebbinghaus.maximum, "days between ebbinghaus.minimum and maximum")
        try expect(ebbinghaus.factor, "ebbinghaus.factor", in: 0.1...100, "a factor in 0.1...100")
        try fsrs6.check()
        guard 1...100 ~= urgency.medium, urgency.medium...100 ~= urgency.high else {
            throw SettingsError(
                "urgency", expected: "forgetting scores in 1...100 with medium <= high",
                found: "medium \(urgency.medium), high \(urgency.high)")
        }
        try expect(Double(forgettingStep), "forgettingStep", in: 1...100, "points in 1...100")
        try expect(calibrationDays, "calibrationDays", in: 0...36_500, "days in 0...36500")
        try expect(Double(signalsKept), "signalsKept", in: 0...1_000, "a number in 0...1000")
    }
}

extension MemorySettings.FSRS6 {
    fileprivate func check() throws {
        guard parameters.count == FSRS.defaults.count else {
            throw SettingsError(
                "fsrs6.parameters", expected: "\(FSRS.defaults.count) numbers", found: "\(parameters.count)")
        }
        for (index, bounds) in FSRS.bounds.enumerated() {
            try expect(parameters[index], "fsrs6.parameters.\(index)", in: bounds, "a number in \(bounds)")
        }
        try expect(retention, "fsrs6.retention", in: 0.5...0.99, "a probability in 0.5...0.99")
        for (name, steps) in [("learningSteps", learningSteps), ("relearningSteps", relearningSteps)] {
            guard steps.count <= 10 else {
                throw SettingsError("fsrs6.\(name)", expected: "at most 10 steps", found: "\(steps.count)")
            }
            for (index, step) in steps.enumerated() {
                try expect(step, "fsrs6.\(name).\(index)", in: 0.1...525_600, "0.1 to 525600 minutes")
            }
        }
        try expect(Double(longestInterval), "fsrs6.longestInterval", in: 1...36_500, "1 to 36500 days")
    }

    var scheduler: FSRSScheduler {
        var scheduler = FSRSScheduler(FSRS(parameters: parameters))
        scheduler.retention = retention
        scheduler.learningSteps = learningSteps.map { Int64(($0 * 60_000_000).rounded()) }
        scheduler.relearningSteps = relearningSteps.map { Int64(($0 * 60_000_000).rounded()) }
        scheduler.longestInterval = longestInterval
        return scheduler
    }
}

private func expect(
    _ value: Double, _ name: String, in range: ClosedRange<Double>, _ expected: String
) throws {
    guard range.contains(value) else { throw SettingsError(name, expected: expected, found: "\(value)") }
}
