import Foundation
import PluginHost
import Settings
import Testing

@Suite struct `Columns that operators derive` {
    private let plugins: [Plugin]
    private let table = TableID(plugin: "counter-in-c", table: "actors")

    init() throws {
        let folder = try FunctionPlugin([])
        defer { folder.remove() }
        try folder.add("CounterInC/counter.c", to: "counter.so")
        let catalog = folder.load()
        try #require(catalog.refusals.isEmpty, "\(catalog.refusals)")
        plugins = catalog.code
    }

    private func configuration(_ columns: (name: String, text: String)...) throws -> TablesConfiguration {
        var configuration = TablesConfiguration()
        configuration.columns[table] = try columns.map { try TablesConfiguration.Column(name: $0.name, $0.text) }
        return configuration
    }

    @Test func `have the type and the values of their functions`() throws {
        let columns = try DerivedColumns(
            configuration(
                ("rank", "level(forgetting(events, 1))"), ("more", "sum(events, 1)"), ("moved", "next_day(last)")),
            plugins)
        #expect(columns[table].map(\.column.name) == ["rank", "more", "moved"])
        #expect(columns[table].map(\.column.type) == [.text, .integer, .time])
        let rows: [[Cell]] = [
            [.text("ada"), .integer(99), .time(5)], [.text("bob"), .integer(100), .time(7)],
            [.text("eve"), .null, .null],
        ]
        #expect(
            columns[table].extend(rows).map { Array($0.dropFirst(3)) } == [
                [.text("low"), .integer(100), .time(86_400_000_005)],
                [.text("high"), .integer(101), .time(86_400_000_007)], [.null, .null, .null],
            ])
    }

    @Test(arguments: [
        (
            "forgeting(events, 1)",
            "expected a function of a plugin (all, both, forgetting, half, initial, length, level, next_day, "
                + "or_unknown, or_zero, passed, percent, shared, sum, twice, within), found “forgeting”; "
                + "did you mean “forgetting”?"
        ),
        (
            "half(evnts)",
            "expected a column of table counter-in-c/actors (actor, events, last), found “evnts”; did you mean “events”?"
        ),
        ("half(events, 2)", "expected 1 argument for half(x: number) -> number, found 2"),
        ("sum(events)", "expected 2 arguments for sum(a: integer, b: integer) -> integer, found 1"),
        ("half(actor)", "expected number for x of half(x: number) -> number, found “actor”, which is text"),
        ("half('1')", "expected number for x of half(x: number) -> number, found '1', which is text"),
        ("twice(1.5)", "expected integer for x of twice(x: integer) -> integer, found 1.5, which is number"),
        ("twice(half(1))", "expected integer for x of twice(x: integer) -> integer, found half(…), which is number"),
    ])
    func `are refused where they fit neither table nor function`(text: String, reason: String) throws {
        let error = #expect(throws: DerivedColumnsError.self) {
            try DerivedColumns(configuration(("risk", text)), plugins)
        }
        #expect(error?.problems == ["tables.counter-in-c.actors.columns.risk, “\(text)”: \(reason)"])
    }

    @Test func `are refused by the name of a column that is there`() throws {
        let error = #expect(throws: DerivedColumnsError.self) {
            try DerivedColumns(configuration(("events", "half(events)")), plugins)
        }
        #expect(error?.description.hasSuffix("expected a name that no column of table counter-in-c/actors has") == true)
    }

    @Test func `are refused for a table that the plugin does not have, and left out for a plugin that is not there`()
        throws
    {
        var configuration = TablesConfiguration()
        configuration.columns[TableID(plugin: "nobody", table: "x")] = [try .init(name: "a", "f(x)")]
        #expect(try DerivedColumns(configuration, plugins)[table].isEmpty)
        configuration.columns[TableID(plugin: "counter-in-c", table: "actor")] = [try .init(name: "a", "half(1)")]
        let error = #expect(throws: DerivedColumnsError.self) { try DerivedColumns(configuration, plugins) }
        #expect(
            error?.problems == [
                "tables.counter-in-c.actor: expected a table of the plugin (actors), found none of that id"
            ])
    }

    @Test func `may be left out where their function is not there`() throws {
        let counter = plugins.filter { $0.id == "counter-in-c" }
        let wanted = try configuration(("risk", "half(events)"))
        #expect(throws: DerivedColumnsError.self) { try DerivedColumns(wanted, counter) }
        let columns = try DerivedColumns(wanted, counter, mayLackFunctions: true)
        #expect(columns[table].isEmpty && columns.lacking.count == 1)
    }

    @Test(arguments: [
        (["FLAGS=0"], "forgetting(score: number, days: number) -> number"), ([#"FORGETTING="other""#], "none"),
    ])
    func `keep their functions from being taken away`(definitions: [String], found: String) throws {
        let columns = try DerivedColumns(configuration(("risk", "forgetting(events, 1)")), plugins)
        let folder = try FunctionPlugin(definitions)
        defer { folder.remove() }
        let counter = plugins.filter { $0.id == "counter-in-c" }
        let error = #expect(throws: DerivedColumnsError.self) {
            try columns.checkReplacement(by: (counter + [folder.plugin()]).map(\.description))
        }
        #expect(
            error?.problems == [
                "column risk of table counter-in-c/actors calls forgetting(score: number, days: number) -> number of "
                    + "plugin functions-in-c: expected the same function in its new build, found \(found)"
            ])
        try columns.checkReplacement(by: plugins.map(\.description))
        // A table that goes as well needs them no more.
        try columns.checkReplacement(by: [])
    }

    @Test func `call pure functions only`() throws {
        let folder = try FunctionPlugin(["FLAGS=0"])
        defer { folder.remove() }
        let impure = plugins.filter { $0.id == "counter-in-c" } + [try folder.plugin()]
        let error = #expect(throws: DerivedColumnsError.self) {
            try DerivedColumns(configuration(("risk", "forgetting(events, 1)")), impure)
        }
        #expect(error?.description.contains("expected a pure function, found forgetting(") == true)
    }

    @Test func `stand in the settings as a text, or with a title`() throws {
        let settings = try Settings(
            yaml: """
                tables:
                  quiz-analytics:
                    learners:
                      columns:
                        risk: forgetting(average_score, 3)
                        kept: {title: Still known, value: "half(average_score)"}
                """, file: "x.yaml")
        let columns = try settings.validate { TablesConfiguration($0.section("tables")) }.columns
        #expect(
            columns == [
                TableID(plugin: "quiz-analytics", table: "learners"): [
                    try .init(name: "risk", "forgetting(average_score, 3)"),
                    try .init(name: "kept", title: "Still known", "half(average_score)"),
                ]
            ])
    }

    @Test func `have their mistakes found with their places in the settings`() throws {
        let settings = try Settings(
            yaml: """
                tables:
                  quiz:
                    learners:
                      column: 1
                      columns:
                        risk: forgetting(average_score
                        a-b: f(x)
                        kept: {titel: Kept}
                """, file: "x.yaml")
        let error = #expect(throws: SettingsError.self) {
            try settings.validate { TablesConfiguration($0.section("tables")) }
        }
        let text = error?.description ?? ""
        for line in [
            "x.yaml:4, tables.quiz.learners.column: found an unknown key",
            "x.yaml:6, tables.quiz.learners.columns.risk: found its end of “forgetting(average_score”, expected `,` or `)`",
            "x.yaml:7, tables.quiz.learners.columns.a-b: found a column “a-b”",
            "x.yaml:8, tables.quiz.learners.columns.kept.titel: found an unknown key",
            "Set `tables.quiz.learners.columns.kept.value`",
        ] { #expect(text.contains(line), "\(line) in \(text)") }
    }

    @Test func `may be named by the plugin's dashboards`() {
        let json =
            #"[{"id":"d","title":"D","empty":"E","panels":[{"kind":"table","title":"T","table":"t","columns":["a","risk"]}]}]"#
        let (dashboards, problems) = DashboardDefinition.read(json: Array(json.utf8))
        #expect(problems.isEmpty)
        let tables = ["t": [TableColumn(name: "a", title: "A", type: .text, isKey: true)]]
        #expect(dashboards.flatMap { $0.validate(tables: tables) }.count == 1)
        #expect(dashboards.flatMap { $0.validate(tables: tables, derivedColumns: ["t": ["risk"]]) }.isEmpty)
    }
}

extension DerivedColumns {
    /// Of plugins in this process.
    fileprivate init(
        _ configuration: TablesConfiguration, _ plugins: [Plugin], mayLackFunctions: Bool = false
    ) throws(DerivedColumnsError) {
        try self.init(
            configuration, plugins.map(\.description), functions: plugins.flatMap(\.callableFunctions),
            mayLackFunctions: mayLackFunctions)
    }
}
