import Glibc
import PluginAPI

/// How well something foretells whether a learner will pass.
struct Losses: Codable, Equatable {
    /// -ln of the probability that was given to what came.
    var log = Mean()
    /// (probability - what came)².
    var squares = Mean()

    /// No probability is counted as surer than this, or one mistake would outweigh everything.
    static let surest = 0.9999

    mutating func add(_ probability: Double, isRecalled: Bool) {
        let probability = min(max(probability, 1 - Self.surest), Self.surest)
        log.add(-Glibc.log(isRecalled ? probability : 1 - probability))
        let error = probability - (isRecalled ? 1 : 0)
        squares.add(error * error)
    }

    mutating func merge(_ other: Losses) {
        log.merge(other.log)
        squares.merge(other.squares)
    }

    mutating func subtract(_ other: Losses) {
        log.subtract(other.log)
        squares.subtract(other.squares)
    }
}

/// What foretells: both models, and the two that know nothing of memory, against which they have to hold.
struct Calibration: Codable, Equatable {
    var ebbinghaus = Losses()
    var fsrs6 = Losses()
    /// The learner's share of passed reviews so far.
    var constant = Losses()
    /// The same, but with more weight on the latest.
    var movingAverage = Losses()

    mutating func merge(_ other: Calibration) {
        ebbinghaus.merge(other.ebbinghaus)
        fsrs6.merge(other.fsrs6)
        constant.merge(other.constant)
        movingAverage.merge(other.movingAverage)
    }

    mutating func subtract(_ other: Calibration) {
        ebbinghaus.subtract(other.ebbinghaus)
        fsrs6.subtract(other.fsrs6)
        constant.subtract(other.constant)
        movingAverage.subtract(other.movingAverage)
    }
}

/// A learner's share of passed reviews in a domain.
struct Habit: Codable, Equatable {
    var reviews = 0
    var passed = 0
    var movingAverage = 0.5

    /// What the latest review counts in the moving average.
    static let weight = 0.1

    /// The probability to pass the next one: a half before the first.
    var constant: Double { Double(passed + 1) / Double(reviews + 2) }

    mutating func add(isRecalled: Bool) {
        reviews += 1
        passed += isRecalled ? 1 : 0
        movingAverage += Self.weight * ((isRecalled ? 1 : 0) - movingAverage)
    }
}
