import PluginTesting
import Testing

@Suite("Learner context", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct LearnerContextTests {
    private let events = [#"{"event_type":"attempt","user_id":"ada","item_id":"i-1","score":90}"#]

    /// The host runs the functions' tests, and checks the declarations, before it folds anything.
    @Test("is accepted by a host, and changes nothing in a fold")
    func accepted() throws {
        let folded = try PluginUnderTest("learner-context").fold(.lines(events))
        #expect(folded.events == 1 && folded.states.isEmpty && folded.deadLetters.isEmpty)
    }

    @Test("takes the names of fields as settings, and refuses none at all")
    func settings() throws {
        _ = try PluginUnderTest("learner-context", settings: ["plugins.learner-context.settings.item": "module"]).fold(
            .lines(events))
        #expect(throws: PluginTestError.self) {
            try PluginUnderTest("learner-context", settings: ["plugins.learner-context.settings.item": ""]).fold(
                .lines(events))
        }
    }
}
