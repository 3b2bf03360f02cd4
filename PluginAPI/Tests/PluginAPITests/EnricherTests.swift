import CPluginAPI
import PluginAPI
import Testing

@Suite("Enrichers")
struct EnricherTests {
    private struct Enriching: Plugin {
        init(settings: NoSettings) {}
        var components: Components {
            Enricher("user-context", as: "user_context", by: .actor, .field("course"))
                .description("Who it is.").events(.types("quiz"))
                .member("country", .text).member("recent", .json).query("SELECT 1")
            Function("effort", "seconds", "time") { seconds, time in seconds + time }.test(1, 2, gives: 3)
            DerivedMember("derived", "effort", calling: "effort", .field("user_context.country"), .time)
        }
    }

    /// Asks for a function that it has not.
    private struct WithoutFunction: Plugin {
        init(settings: NoSettings) {}
        var components: Components { DerivedMember("derived", "effort", calling: "effort", .time) }
    }

    /// Would look up by a window.
    private struct ByWindow: Plugin {
        init(settings: NoSettings) {}
        var components: Components { Enricher("hours", as: "hours", by: .window).member("count", .integer) }
    }

    @Test("are declared with their keys, members and queries")
    func declared() throws {
        let host = FakeHost()
        try #require(host.create(Enriching.self) == LECTERN_OK, "\(host.failures)")
        let table = try #require(host.table(LECTERN_ENRICHERS, as: lectern_enrichers.self))
        try #require(table.count == 1 && table.derived_count == 1)
        let enricher = table.items[0]!.pointee
        #expect(string(enricher.id) == "user-context" && string(enricher.member) == "user_context")
        #expect(string(enricher.about) == "Who it is." && string(enricher.query) == "SELECT 1")
        #expect(enricher.key_count == 2 && enricher.key[0].kind == LECTERN_KEY_ACTOR)
        #expect(enricher.key[1].kind == LECTERN_KEY_FIELD && string(enricher.key[1].path) == "course")
        #expect(enricher.type_count == 1 && string(enricher.types[0]) == "quiz")
        #expect((0..<2).map { string(enricher.members[$0].name) } == ["country", "recent"])
        #expect((0..<2).map { enricher.members[$0].type } == [LECTERN_COLUMN_TEXT, LECTERN_ANSWER_JSON])
    }

    @Test("derived members name their function and what it is called with")
    func derived() throws {
        let host = FakeHost()
        try #require(host.create(Enriching.self) == LECTERN_OK, "\(host.failures)")
        let table = try #require(host.table(LECTERN_ENRICHERS, as: lectern_enrichers.self))
        let derived = table.derived[0]!.pointee
        #expect(string(derived.member) == "derived" && string(derived.name) == "effort")
        #expect(string(derived.function) == "effort" && derived.argument_count == 2)
        #expect(derived.arguments[0].kind == LECTERN_ARGUMENT_FIELD)
        #expect(string(derived.arguments[0].path) == "user_context.country")
        #expect(derived.arguments[1].kind == LECTERN_ARGUMENT_TIME)
    }

    @Test("a derived member without its function refuses the plugin")
    func withoutFunction() {
        let host = FakeHost()
        #expect(host.create(WithoutFunction.self) == LECTERN_FAILED)
        #expect(host.failures == ["derived member derived.effort: expected a function of this plugin, found effort"])
    }

    @Test("nothing but the actor and fields is looked up by")
    func byWindow() {
        let host = FakeHost()
        #expect(host.create(ByWindow.self) == LECTERN_FAILED)
        #expect(host.failures == ["enricher hours: expected a key of .actor and .field, found .window"])
    }
}
