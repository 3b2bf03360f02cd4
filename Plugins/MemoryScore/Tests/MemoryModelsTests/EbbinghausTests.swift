import MemoryModels
import PluginAPI
import Testing

@Suite("The rule of the guide, after Ebbinghaus")
struct EbbinghausTests {
    private let start = Timestamp(seconds: 1_737_887_400)
    private let day = Timestamp.microsecondsPerDay

    @Test(
        "the next review is 2 x confidence x interval after this one",
        arguments: [
            // Score, and microseconds to the next review: of a first interval of a day, never below ten minutes.
            (0.0, 600_000_000), (35.0, 86_400_000_000), (69.9, 172_553_142_857), (70.0, 172_800_000_000),
            (85.0, 209_828_571_429), (100.0, 246_857_142_857),
        ])
    func vectors(score: Double, wait: Int64) {
        let memory = Ebbinghaus().review(nil, confidence: score / 70, at: start)
        #expect(memory.due.microseconds - start.microseconds == wait)
    }

    @Test("reviews on time at 85 have the intervals of the guide's example")
    func growth() {
        var memory: Ebbinghaus.Memory?
        let days = (0..<8).map { _ in
            let next = Ebbinghaus().review(memory, confidence: 85.0 / 70, at: memory?.due ?? start)
            memory = next
            return (next.interval * 10).rounded() / 10
        }
        // 2.43 times the one before, until a year is reached.
        #expect(days == [2.4, 5.9, 14.3, 34.8, 84.5, 205.2, 365, 365])
    }

    @Test("an interval never leaves its clamps, and comes back from them")
    func clamps() {
        let rule = Ebbinghaus()
        var memory = rule.review(nil, confidence: 0, at: start)
        memory = rule.review(memory, confidence: 0, at: memory.due)
        #expect(memory.interval == 10.0 / 1_440)
        memory = rule.review(memory, confidence: 1, at: memory.due)
        #expect(memory.interval == 20.0 / 1_440)
        for _ in 0..<40 { memory = rule.review(memory, confidence: 100.0 / 70, at: memory.due) }
        #expect(memory.interval == 365 && memory.due.microseconds - memory.last.microseconds == 365 * day)
        memory = rule.review(memory, confidence: 0.25, at: memory.due)
        #expect(memory.interval == 182.5)
    }

    @Test("the probability of recall is 0.9 when the interval ends, and never above 1")
    func retrievability() throws {
        let memory = Ebbinghaus().review(nil, confidence: 1, at: start)
        #expect(memory.retrievability(at: start) == 1)
        #expect(memory.retrievability(at: start.advanced(byDays: -5)) == 1)
        #expect(abs(memory.retrievability(at: memory.due) - 0.9) < 1e-15)
        #expect(abs(memory.retrievability(at: start.advanced(byDays: 4)) - 0.81) < 1e-15)
        let time = try #require(memory.time(ofRetrievability: 0.5))
        #expect(abs(memory.retrievability(at: time) - 0.5) < 1e-9)
    }
}

@Suite("Grades")
struct GradeTests {
    @Test(
        "a score earns the grade of the scale",
        arguments: [
            (0.0, Grade.again), (69.99, .again), (70, .hard), (79.9, .hard), (80, .good), (94.9, .good), (95, .easy),
            (100, .easy),
        ])
    func grades(score: Double, grade: Grade) {
        #expect(GradeScale().grade(of: score) == grade)
    }
}
