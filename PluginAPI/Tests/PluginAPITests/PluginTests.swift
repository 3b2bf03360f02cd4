import CPluginAPI
import PluginAPI
import Testing

@Suite("A plugin's settings")
struct SettingsTests {
    @Test(
        "what is left out has its default",
        arguments: [
            "{}", #"{"passMark":60}"#, #"{"limits":{"low":1}}"#,
            #"{"note":"x","title":"T","limits":{"high":7.5,"low":0}}"#,
            #"{"note":null}"#,
        ])
    func accepted(json: String) {
        let host = FakeHost()
        #expect(host.create(SamplePlugin.self, json) == LECTERN_OK, "\(host.failures)")
    }

    @Test(
        "mistakes are named",
        arguments: [
            (#"{"passMark":101}"#, "setting passMark: expected a score in 0...100, found 101"),
            (#"{"passMark":"high"}"#, "setting passMark: expected an integer, found the text \"high\""),
            (#"{"passMark":1.5}"#, "setting passMark: expected an integer, found a number"),
            (#"{"limits":{"low":true}}"#, "setting limits.low: expected a number, found true"),
            (#"{"limits":5}"#, "setting limits: expected a map, found the integer 5"),
            (#"{"limits":{"lo":1}}"#, "setting limits.lo: expected one of high, low, found an unknown setting"),
            (
                #"{"passmark":1}"#,
                "setting passmark: expected one of limits, note, passMark, title, found an unknown setting"
            ),
            ("[]", "setting (all): expected a JSON object, found []"),
            (#"{"a":"#, "setting (all): expected a JSON object, found byte 5: expected a value, found the end"),
        ])
    func refused(json: String, reason: String) {
        let host = FakeHost()
        #expect(host.create(SamplePlugin.self, json) == LECTERN_FAILED)
        #expect(host.failures == [reason])
    }
}

@Suite("A plugin without settings")
struct NoSettingsTests {
    struct Bare: Plugin {
        init(settings: NoSettings) {}
        var components: Components { Scores.self }
    }

    @Test("takes none")
    func refused() {
        let host = FakeHost()
        #expect(host.create(Bare.self, "{}") == LECTERN_OK)
        #expect(host.create(Bare.self, #"{"passMark":1}"#) == LECTERN_FAILED)
        #expect(host.failures == ["setting passMark: expected no settings, found an unknown setting"])
    }
}

@Suite("Settings of reducers")
struct ReducerSettingsTests {
    @Test("are what was fixed first, in all of the process")
    func fixed() throws {
        let settings = ReducerSettings(70)
        #expect(settings.current == 70)
        try settings.fix(60)
        try settings.fix(60)
        let error = #expect(throws: (any Error).self) { try settings.fix(70) }
        #expect("\(error!)" == "settings: expected those of the plugin's other instance in this process, found others")
        #expect(settings.current == 60)
    }
}

@Suite("A plugin's declarations")
struct DeclarationTests {
    let host = FakeHost()

    init() throws { try #require(host.create(SamplePlugin.self, #"{"title":"Marks"}"#) == LECTERN_OK) }

    @Test func reducers() {
        let reducers = host.reducers
        #expect(reducers.map { string($0.id) } == ["scores", "modules", "everything"])
        #expect(reducers.map(\.version) == [2, 1, 1])
        #expect(reducers.map(\.input) == [0, 0, 1], "an input that two share is declared once")
        #expect(reducers.map(\.type_count) == [2, 1, 0])
        #expect((0..<2).map { string(reducers[0].types[$0]) } == ["quiz", "exam"])
        #expect((0..<2).map { reducers[1].key[$0].kind } == [LECTERN_KEY_FIELD, LECTERN_KEY_DAY])
        #expect(string(reducers[1].key[0].path) == "module")
        #expect(reducers.map { $0.merge != nil } == [false, true, false])
        #expect(reducers.map { $0.external != nil } == [true, false, false])
        #expect(reducers.map { $0.destroy != nil } == [true, true, false])
    }

    @Test func tables() throws {
        let tables = try #require(host.table(LECTERN_TABLES, as: lectern_tables.self))
        let first = try #require(tables.items[0]).pointee
        #expect(tables.count == 2)
        #expect(string(first.title) == "Marks")
        #expect(string(first.from) == "scores")
        #expect((0..<7).map { first.columns[$0].type } == [1, 1, 3, 4, 5, 1, 2])
        #expect((0..<3).map { first.columns[$0].flags } == [1, 1, 0])
        let aggregators = try #require(host.table(LECTERN_AGGREGATORS, as: lectern_aggregators.self))
        let totals = try #require(aggregators.items[0]).pointee
        #expect(string(totals.reducer) == "scores")
        #expect(totals.group_count == 1)
        #expect(totals.group[0] == 1)
    }

    @Test func dashboards() throws {
        let json = string(try #require(host.table(LECTERN_DASHBOARDS, as: lectern_dashboards.self)).json)
        #expect(
            json == """
                [{"id":"class","title":"Class","empty":"Nothing yet.","filters":[{"column":"module","title":"Module"}],"panels":[\
                {"kind":"number","title":"Mean","table":"scores","measure":"mean","column":"score","unit":"%",\
                "where":[{"column":"score","atLeast":1}]},\
                {"kind":"tiles","title":"Students","table":"scores","name":"student","value":"score",\
                "status":{"column":"score","levels":[{"below":50,"word":"help","tone":"alert"},{"word":"fine","tone":"good"}]},\
                "details":["module"],"sort":{"column":"score","descending":false,"then":{"column":"last","descending":true}},"limit":20},\
                {"kind":"line","title":"Time","table":"scores","x":"last","measure":"count","bucket":"hour"},\
                {"kind":"text","title":"Read me","text":"One.\\n\\nTwo."}]}]
                """)
    }

    @Test("what it does not have it does not say it has")
    func absent() {
        #expect(host.table("lectern.enrichers/1", as: UInt32.self) == nil)
        let other = FakeHost()
        #expect(other.create(SamplePlugin.self, #"{"note":"x"}"#) == LECTERN_OK)
        #expect(other.table(LECTERN_DASHBOARDS, as: lectern_dashboards.self) == nil)
        other.plugin.destroy(other.plugin.context)
    }

    struct Spread: Plugin {
        struct Local: Reducer {
            static let id = "local", version = 1
            static let events: EventFilter = .all
            static let key: Key = [.field("module")]
            typealias Input = Event
            typealias State = Int
            static func reduce(_ state: inout Int, _ event: Event) { state += 1 }
        }

        init(settings: NoSettings) {}
        var components: Components { Local.self }
    }

    struct Lost: Plugin {
        init(settings: NoSettings) {}
        var components: Components { ModuleTable() }
    }

    @Test("a plugin that is not in itself consistent is refused")
    func inconsistent() {
        let host = FakeHost()
        #expect(host.create(Spread.self) == LECTERN_FAILED)
        #expect(host.create(Lost.self) == LECTERN_FAILED)
        #expect(
            host.failures == [
                "reducer local: its key [\"module\"] lacks .actor, so its states are spread over partitions: "
                    + "expected a SpreadReducer, with merge, found a Reducer",
                "table modules: expected the reducer or aggregator \"module-totals\" among the plugin's components, found ",
            ])
    }
}
