import PluginAPI

/// A learner's attempt at an item, whatever the platform calls it.
struct Attempt: EventInput {
    static let types = ["attempt", "attempt_submitted", "attempt_completed", "module_quiz_completed"]

    /// From 0 to 1: whether the answer was right, or its score as a part of 100; nil where the event says neither.
    let accuracy: Double?
    /// How long the answer took; nil where the event does not say.
    let seconds: Double?
    let actorHash: UInt64

    init(_ event: Event) throws {
        if let correct = try event.optionalBoolean("correct") {
            accuracy = correct ? 1 : 0
        } else {
            accuracy = try event.optionalNumber("score", in: 0...100).map { $0 / 100 }
        }
        // A day, since an answer that takes longer is none.
        seconds =
            try event.optionalNumber("response_time_ms", in: 0...86_400_000).map { $0 / 1_000 }
            ?? event.optionalNumber("time_taken", in: 0...86_400)
        actorHash = event.actorHash
    }
}

/// How attempts went: exact, so that parts can be put together in any order.
struct Attempts {
    var count = 0
    var accuracy = Mean()
    var seconds = Mean()
    var speeds = Quantiles()

    mutating func add(_ attempt: Attempt) {
        count += 1
        if let value = attempt.accuracy { accuracy.add(value) }
        guard let value = attempt.seconds else { return }
        seconds.add(value)
        speeds.add(value)
    }

    mutating func merge(_ other: Attempts) {
        count += other.count
        accuracy.merge(other.accuracy)
        seconds.merge(other.seconds)
        speeds.merge(other.speeds)
    }
}

extension Attempts: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("count", count)
            map.field("speeds", speeds)
            map.field("seconds", seconds)
            map.field("accuracy", accuracy)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        count = try map.read("count")
        speeds = try map.read("speeds")
        seconds = try map.read("seconds")
        accuracy = try map.read("accuracy")
    }
}

/// Attempts of many learners in a window.
struct AttemptsOfMany: WindowState {
    var revision = 0
    var attempts = Attempts()
    var learners = DistinctCount()

    mutating func add(_ attempt: Attempt) {
        attempts.add(attempt)
        learners.insert(attempt.actorHash)
    }

    mutating func prefetch(_ attempt: Attempt) {
        attempts.speeds.prefetch()
        learners.prefetch(attempt.actorHash)
    }

    mutating func merge(_ other: AttemptsOfMany) {
        revision += other.revision
        attempts.merge(other.attempts)
        learners.merge(other.learners)
    }
}

extension AttemptsOfMany: StateCoding {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("attempts", attempts)
            map.field("learners", learners)
            map.field("revision", revision)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        attempts = try map.read("attempts")
        learners = try map.read("learners")
        revision = try map.read("revision")
    }
}

/// The columns that say it.
enum AttemptColumns {
    static let columns: [Column] = [
        .integer("attempts", "Attempts"), .number("accuracy", "Accuracy, %"),
        .number("average_seconds", "Average time, s"), .number("median_seconds", "Median time, s"),
        .number("p95_seconds", "95 of 100 at most, s"),
    ]

    static func cells(_ attempts: Attempts) -> [Cell] {
        [
            .integer(attempts.count), .number(attempts.accuracy.mean.map { $0 * 100 }),
            .number(attempts.seconds.mean), .number(attempts.speeds.quantile(0.5)),
            .number(attempts.speeds.quantile(0.95)),
        ]
    }
}
