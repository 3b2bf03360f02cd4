import Enrichment
import PluginHost
import Settings
import Testing

/// The section `enrichment`, as an operator writes it.
@Suite("The settings of enrichment") struct EnrichmentSettingsTests {
    private func read(_ yaml: String) throws -> EnrichmentConfiguration {
        try Settings(yaml: yaml, file: "lectern.yaml").validate {
            EnrichmentConfiguration($0.section("enrichment"), stores: [])
        }
    }

    private static let good = """
        enrichment:
          sources:
            hours: {type: table, table: event-aggregations/user_hourly_attempts, rows: 5}
            courses: {type: file, path: courses.csv}
          enrichers:
            activity: {source: hours, member: activity, members: [attempts], within: 1h, events: attempt}
            course: {source: courses, member: course, by: [course.id], members: {title: text, weeks: integer}, ttl: 10s}
            user-context: {source: courses}
          derived:
            checks:
              retention: forgetting(user_context.average_score, 3)
              pace: {value: "pace(time_taken, 'x')", events: [attempt]}
        """

    @Test("may declare tables, enrichers and members that functions compute") func declared() throws {
        let configuration = try read(Self.good)
        let table = TableID(plugin: "event-aggregations", table: "user_hourly_attempts")
        #expect(configuration.tables == [table: 5])
        let activity = try #require(configuration.enrichers["activity"])
        #expect(activity.within == 3_600_000_000 && activity.ttl == 1_000_000)
        var wanted = DeclaredEnricher(member: "activity")
        wanted.columns = ["attempts"]
        wanted.types = ["attempt"]
        #expect(activity.declared == wanted)
        let course = try #require(configuration.enrichers["course"])
        #expect(course.ttl == 10_000_000 && course.declared?.key == [.field(path: "course.id")])
        #expect(course.declared?.members == [.init(name: "title", kind: .text), .init(name: "weeks", kind: .integer)])
        let user = try #require(configuration.enrichers["user-context"])
        #expect(user.declared == nil && user.ttl == nil)
        let derived = try [
            DeclaredMember("checks", "retention", "forgetting(user_context.average_score, 3)"),
            DeclaredMember("checks", "pace", "pace(time_taken, 'x')", types: ["attempt"]),
        ]
        #expect(configuration.derived == derived)
        #expect(configuration.isActive)
    }

    @Test("with nothing but what is computed are active") func derivedAlone() throws {
        let configuration = try read("enrichment: {derived: {checks: {a: f(x)}}}")
        #expect(configuration.isActive && configuration.tables.isEmpty)
        #expect(try !read("enrichment: {enabled: false, derived: {checks: {a: f(x)}}}").isActive)
    }

    @Test(
        "are refused with the place",
        arguments: [
            (
                "table: event-aggregations/user_hourly_attempts", "table: hours",
                "enrichment.sources.hours.table: found \"hours\""
            ),
            ("member: activity", "member: server", "enrichment.enrichers.activity.member: found \"server\""),
            ("member: activity, ", "", "enrichment.enrichers.activity.member"),
            ("member: course, ", "", "enrichment.enrichers.course.by: found by without member"),
            ("member: course, by", "member: activity, by", "enrichment.enrichers.course.member: found \"activity\""),
            ("[course.id]", "[course..id]", "enrichment.enrichers.course.by"),
            ("weeks: integer", "weeks: integr", "Did you mean `integer`?"),
            ("members: {title: text, weeks: integer}, ", "", "enrichment.enrichers.course.members: found none"),
            ("checks:", "activity:", "enrichment.derived.activity: found the member of enricher activity"),
            ("checks:", "server:", "enrichment.derived.server"),
            ("retention:", "re-tention:", "enrichment.derived.checks.re-tention"),
            ("average_score, 3)", "average_score, 3", "enrichment.derived.checks.retention: found its end"),
            ("pace(time_taken, 'x')", "time_taken", "enrichment.derived.checks.pace: found its end of “time_taken”"),
        ])
    func mistakes(good: String, bad: String, expected: String) throws {
        let error = #expect(throws: SettingsError.self) {
            try read(Self.good.replacing(good, with: bad, maxReplacements: 1))
        }
        let text = "\(try #require(error))"
        #expect(text.contains(expected), "\(text)")
    }
}
