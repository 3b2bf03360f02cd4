import Foundation
import Testing

extension IntegrationTests {
    @Suite("A plugin in C", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct PluginTests {
        private let folder: TemporaryFolder
        private let library: String

        /// Builds it with the headers alone.
        init() throws {
            folder = try TemporaryFolder()
            library = "\(folder.path)/counter-in-c.so"
            try CPlugin.build("CounterInC/counter.c", to: library)
        }

        @Test("has exactly one symbol for others")
        func symbol() throws {
            let symbols = try run("nm", ["-D", "--defined-only", library]).split(separator: "\n")
                .compactMap { $0.split(separator: " ").last.map(String.init) }
            #expect(symbols == ["lectern_plugin_entry_v1"])
        }

        @Test("is loaded and folds")
        func folds() throws {
            let events = try folder.write(
                "events.jsonl",
                lines: [
                    #"{"event_type":"x","user_id":"ada","timestamp":"2026-01-31T10:00:00Z"}"#,
                    #"{"event_type":"y","user_id":"bob","timestamp":"2026-01-31T09:00:00Z"}"#,
                    #"{"event_type":"z","user_id":"ada","timestamp":"2026-01-31T09:30:00Z"}"#,
                ])
            let folded = try Folding(inputs: [events], plugins: folder.path)()
            #expect(
                try folded.rows(of: "counter-in-c.actors").map { [$0["actor"], $0["events"], $0["last"]] } == [
                    ["ada", "2", "2026-01-31T10:00:00Z"], ["bob", "1", "2026-01-31T09:00:00Z"],
                ])
        }

        @Test("folds a simulated class in every way to one SHA-256")
        func law() throws {
            let group = try SimulatedClass(events: 5_000)
            let folding = Folding(inputs: [group.file], plugins: folder.path)
            var generator = SeededGenerator(seed: 9)
            var found = try folding.checksumsOfAllWays()
            found.formUnion(try folding.checksumsOfAllWays { _ in generator.points(2, in: 1..<5_000, gap: 1) })
            #expect(found.count == 1)
        }
    }
}
