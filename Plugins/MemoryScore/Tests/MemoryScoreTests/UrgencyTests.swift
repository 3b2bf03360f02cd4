import MemoryModels
import MemoryScore
import PluginAPI
import Testing

@Suite("Urgency")
struct UrgencyTests {
    private let start = Timestamp(seconds: 1_737_887_400)

    private func models(_ name: MemorySettings.ModelName) -> Models {
        var settings = MemorySettings()
        settings.model = name
        return Models(settings)
    }

    @Test(
        "follows from the forgetting score",
        arguments: [
            (0, Urgency.low), (9, .low), (10, .medium), (19, .medium), (20, .high), (21, .high), (100, .high),
        ])
    func thresholds(score: Int, urgency: Urgency) {
        #expect(UrgencyScale().urgency(score) == urgency)
    }

    @Test("rises where each threshold of the settings is", arguments: [MemorySettings.ModelName.ebbinghaus, .fsrs6])
    func rises(name: MemorySettings.ModelName) throws {
        let models = models(name)
        let memory = models.review(nil, score: 85, at: start)
        #expect(models.forgetting(memory, at: start) == 0)
        for score in [1, 10, 20, 50] {
            let time = try #require(models.time(of: memory, forgetting: score))
            #expect(models.forgetting(memory, at: time) >= score)
            // FSRS counts whole days.
            let before = time.advanced(by: name == .fsrs6 ? -Timestamp.microsecondsPerDay : -2_000)
            #expect(models.forgetting(memory, at: before) < score)
        }
    }

    @Test("a memory is looked at again when its score has changed by a step, or its urgency")
    func changes() throws {
        var settings = MemorySettings()
        settings.urgency.medium = 15
        settings.urgency.high = 37
        let models = Models(settings)
        let memory = models.review(nil, score: 70, at: start)
        var scores: [Int] = []
        var moment = start
        while let next = models.nextChange(of: memory, after: moment) {
            #expect(next > moment)
            moment = next
            scores.append(models.forgetting(memory, at: moment))
        }
        #expect(scores == [10, 15, 20, 30, 37, 40, 50, 60, 70, 80, 90, 100])
    }

    @Test("of what FSRS keeps for good, no more changes are asked for")
    func ends() {
        let models = models(.fsrs6)
        let memory = models.review(nil, score: 100, at: start)
        var moment = start
        var changes = 0
        while let next = models.nextChange(of: memory, after: moment), changes < 100 {
            moment = next
            changes += 1
        }
        #expect((1..<10).contains(changes))
    }
}
