import Foundation
import Testing

extension IntegrationTests {
    @Suite("Every state is the fold of the log")
    struct LawTests {
        @Test("a simulated class is the same for the same seed, and another for another")
        func deterministic() throws {
            let files = try [(7), (7), (8)].map { try SimulatedClass(events: 2_000, seed: $0) }
            let contents = try files.map { try Data(contentsOf: URL(filePath: $0.file)) }
            #expect(contents[0] == contents[1])
            #expect(contents[0] != contents[2])
        }

        @Test("50,000 events: one SHA-256 for 1, 2 and 8 shards and batches of 1, 7 and 512")
        func ways() throws {
            let group = try SimulatedClass(events: 50_000)
            let folding = Folding(inputs: [group.file])
            #expect(try folding().summary.events == 50_000)
            #expect(try folding.checksumsOfAllWays().count == 1)
        }

        @Test("50,000 events: the same SHA-256 with checkpoints and restarts at seeded points")
        func restarts() throws {
            let group = try SimulatedClass(events: 50_000)
            var folding = Folding(inputs: [group.file])
            let plain = try folding()
            // Checkpoints lie between the restarts, so that some of the log is folded twice.
            folding.settings = ["reduction.checkpoint=20ms"]
            var generator = SeededGenerator(seed: 5)
            let found = try folding.checksumsOfAllWays { _ in generator.points(3, in: 1..<50_000, gap: 1) }
            #expect(found == [plain.summary.sha256])
        }
    }
}
