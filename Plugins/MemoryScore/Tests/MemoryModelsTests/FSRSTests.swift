import Foundation
import MemoryModels
import PluginAPI
import Testing

@Suite("FSRS-6", .enabled(if: FSRSVectors.isExpected, "SKIPPED: no \(FSRSVectors.file.path)"))
struct FSRSTests {
    private let vectors: FSRSVectors

    init() throws { vectors = try FSRSVectors.read() }

    private func isClose(_ found: Double, _ expected: Double) -> Bool {
        abs(found - expected) <= 1e-9 * abs(expected)
    }

    private func grade(_ rating: Int) throws -> Grade { try #require(Grade(rawValue: rating)) }

    @Test("first stability and difficulty")
    func initial() throws {
        let fsrs = FSRS()
        #expect(vectors.functionsDefaultParameters.initial.count == 4)
        for vector in vectors.functionsDefaultParameters.initial {
            let grade = try grade(vector.rating)
            #expect(isClose(fsrs.initialStability(grade), vector.stability))
            #expect(isClose(fsrs.initialDifficulty(grade), vector.difficulty))
            #expect(isClose(fsrs.unclampedInitialDifficulty(grade), vector.difficultyUnclamped))
        }
    }

    @Test("intervals of whole days")
    func intervals() {
        #expect(vectors.functionsDefaultParameters.interval.count == 36)
        for vector in vectors.functionsDefaultParameters.interval {
            let days = FSRS().interval(stability: vector.stability, retention: vector.retention, longest: 36_500)
            #expect(days == vector.days, "\(vector)")
        }
    }

    @Test("stability after a review of the same day")
    func sameDay() throws {
        #expect(vectors.functionsDefaultParameters.shortTermStability.count == 36)
        for vector in vectors.functionsDefaultParameters.shortTermStability {
            #expect(
                isClose(FSRS().sameDayStability(vector.stability, try grade(vector.rating)), vector.out), "\(vector)")
        }
    }

    @Test("the next difficulty")
    func difficulty() throws {
        #expect(vectors.functionsDefaultParameters.nextDifficulty.count == 20)
        for vector in vectors.functionsDefaultParameters.nextDifficulty {
            #expect(
                isClose(FSRS().nextDifficulty(vector.difficulty, try grade(vector.rating)), vector.out), "\(vector)")
        }
    }

    @Test("the next stability")
    func stability() throws {
        #expect(vectors.functionsDefaultParameters.nextStability.count == 240)
        for vector in vectors.functionsDefaultParameters.nextStability {
            let stability = FSRS().nextStability(
                vector.stability, difficulty: vector.difficulty, retrievability: vector.retrievability,
                try grade(vector.rating))
            #expect(isClose(stability, vector.out), "\(vector)")
        }
    }

    @Test("131 sequences of reviews, card by card")
    func sequences() throws {
        #expect(vectors.sequences.count == 131)
        #expect(vectors.sequences.reduce(0) { $0 + $1.reviews.count } == 1_786)
        for sequence in vectors.sequences {
            let configuration = try #require(vectors.configs[sequence.config])
            try check(sequence, by: scheduler(configuration))
        }
    }

    private func scheduler(_ configuration: FSRSVectors.Configuration) -> FSRSScheduler {
        var scheduler = FSRSScheduler(FSRS(parameters: configuration.parameters))
        scheduler.retention = configuration.desiredRetention
        scheduler.learningSteps = configuration.learningStepsS.map { $0 * 1_000_000 }
        scheduler.relearningSteps = configuration.relearningStepsS.map { $0 * 1_000_000 }
        scheduler.longestInterval = configuration.maximumIntervalDays
        return scheduler
    }

    private func check(_ sequence: FSRSVectors.Sequence, by scheduler: FSRSScheduler) throws {
        var card: FSRSScheduler.Card?
        for (number, review) in sequence.reviews.enumerated() {
            let place = "\(sequence.id), review \(number)"
            let time = Timestamp(seconds: Int64(review.at.timeIntervalSince1970))
            #expect((card == nil) == (review.retrievabilityBefore == nil), "\(place)")
            if let card, let expected = review.retrievabilityBefore {
                #expect(isClose(scheduler.retrievability(of: card, at: time), expected), "\(place)")
            }
            let next = scheduler.review(card, try grade(review.rating), at: time)
            #expect(next.stage.rawValue == review.expect.state && next.step == review.expect.step, "\(place)")
            #expect(isClose(next.stability, review.expect.stability), "\(place)")
            #expect(isClose(next.difficulty, review.expect.difficulty), "\(place)")
            #expect(next.due == Timestamp(seconds: Int64(review.expect.due.timeIntervalSince1970)), "\(place)")
            #expect(next.due.seconds - time.seconds == Int64(review.expect.intervalS), "\(place)")
            card = next
        }
        let last = try #require(card)
        for probe in sequence.probesAfterLast {
            let time = last.last.advanced(byDays: Double(probe.days))
            #expect(isClose(scheduler.retrievability(of: last, at: time), probe.retrievability), "\(sequence.id)")
        }
    }
}

@Suite("A card's future")
struct FSRSFutureTests {
    @Test("its probability of recall has fallen to a value when it is said to", arguments: [0.99, 0.9, 0.8, 0.5])
    func future(value: Double) throws {
        let scheduler = FSRSScheduler()
        let card = scheduler.review(nil, .good, at: Timestamp(seconds: 1_000))
        let time = try #require(scheduler.time(ofRetrievability: value, of: card))
        #expect(scheduler.retrievability(of: card, at: time) <= value)
        #expect(scheduler.retrievability(of: card, at: time.advanced(byDays: -1)) > value)
    }

    @Test("what takes longer than anybody lives is never")
    func never() {
        let scheduler = FSRSScheduler()
        let card = scheduler.review(nil, .easy, at: Timestamp(seconds: 0))
        #expect(scheduler.time(ofRetrievability: 0.005, of: card) == nil)
    }
}
