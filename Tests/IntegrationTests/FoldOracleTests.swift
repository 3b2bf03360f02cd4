import Testing

extension IntegrationTests {
    @Suite("Files that nobody here wrote", .enabled(if: Installation.isDataExpected, "../shared/data is absent"))
    struct FoldOracleTests {
        private let course = Folding(inputs: EngagementOracle.inputs, settings: EngagementOracle.settings)

        @Test("the 62 rows of 17 reports come out of the tracking log and the roster, all 19 columns")
        func reports() throws {
            let expected = try EngagementOracle.expected()
            #expect(expected.files == 17)
            #expect(expected.rows.count == 62)
            #expect(expected.rows.allSatisfy { $0.count == 1 + 19 })
            let folded = try course()
            #expect(try EngagementOracle.rows(of: folded) == expected.rows)
            #expect(folded.summary.deadLetters == 0)
        }

        @Test("shuffled lines give the same rows and states", arguments: [1, 2, 3])
        func shuffled(seed: UInt64) throws {
            var generator = SeededGenerator(seed: seed)
            let folder = try TemporaryFolder()
            let log = try folder.write(
                "tracking.log", lines: lines(of: EngagementOracle.log).shuffled(using: &generator))
            let roster = try folder.write("roster.sql", lines: lines(of: EngagementOracle.roster))
            // Windows count what came late, so theirs are other states.
            let plugins = try TimelessPlugins()
            var folding = course
            folding.plugins = plugins.path
            let expected = try folding()
            folding.inputs = ["edx-tracking=\(log)", "edx-roster=\(roster)"]
            let folded = try folding()
            #expect(try EngagementOracle.rows(of: folded) == EngagementOracle.expected().rows)
            #expect(folded.summary.sha256 == expected.summary.sha256)
        }

        @Test("one SHA-256 for 1, 2 and 8 shards and batches of 1, 7 and 512")
        func ways() throws {
            #expect(try course.checksumsOfAllWays().count == 1)
        }

        @Test("one SHA-256 after restarts at seeded points")
        func restarts() throws {
            var generator = SeededGenerator(seed: 11)
            var found = try course.checksumsOfAllWays { _ in generator.points(4, in: 1..<239, gap: 1) }
            found.insert(try course().summary.sha256)
            #expect(found.count == 1)
        }

        @Test("12 lines with a logger's prefix are 10 events and 2 dead letters")
        func prefixed() throws {
            let folded = try Folding(inputs: ["edx-tracking=\(Installation.data)/edx-tracking/tracking.log"])()
            #expect(folded.summary.events == 10)
            #expect(try folded.deadLetters().map { $0["line"] } == ["3", "11"])
        }
    }
}
