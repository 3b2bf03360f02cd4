import PluginHost
import Testing
import Web

struct PanelDataTests {
    private func data(
        _ content: PanelContent, where conditions: [Condition] = [], unit: String = "", decimals: Int? = nil,
        selection: [String: String] = [:], from table: TableSnapshot? = Quiz.snapshot
    ) -> PanelData {
        let panel = PanelDefinition(
            title: "P", table: "attempts", conditions: conditions, unit: unit, decimals: decimals, content: content)
        return PanelData.compute(panel, from: table, selection: selection)
    }

    private func texts(_ data: PanelData) -> [[String]] { data.rows.map { $0.cells.map(\.text) } }

    @Test(arguments: [
        (Measure(.count), "4"), (Measure(.count, of: "score"), "3"), (Measure(.sum, of: "score"), "211"),
        (Measure(.mean, of: "score"), "70.3"), (Measure(.min, of: "score"), "40"), (Measure(.max, of: "score"), "91"),
        (Measure(.distinct, of: "student"), "3"), (Measure(.max, of: "at"), "2026-11-24 01:00:00"),
    ])
    func numberMeasures(_ measure: Measure, _ expected: String) {
        #expect(texts(data(.number(measure))) == [[expected]])
    }

    @Test(arguments: [
        (Comparison.is(.text("ada")), "2"), (.isNot(.text("ada")), "2"), (.is(.null), "0"),
    ])
    func conditionsOfTexts(_ comparison: Comparison, _ expected: String) {
        let conditions = [Condition(column: "student", comparison)]
        let count = texts(data(.number(Measure(.count)), where: conditions))
        #expect(count == (expected == "0" ? [] : [[expected]]))
    }

    @Test(arguments: [
        (Comparison.below(80), "1"), (.atMost(80), "2"), (.above(80), "1"), (.atLeast(80), "2"),
        (.is(.integer(40)), "1"),
        (.isNot(.null), "3"),
    ])
    func conditionsOfNumbers(_ comparison: Comparison, _ expected: String) {
        let conditions = [Condition(column: "score", comparison)]
        #expect(texts(data(.number(Measure(.count)), where: conditions)) == [[expected]])
    }

    @Test func theViewersChoiceNarrowsTables() {
        #expect(texts(data(.number(Measure(.count)), selection: ["module": "module 10"])) == [["1"]])
        #expect(texts(data(.number(Measure(.count)), selection: ["course": "x"])) == [["4"]])
    }

    @Test func unitsAndDecimals() {
        let mean = PanelContent.number(Measure(.mean, of: "score"))
        #expect(texts(data(mean, unit: "%", decimals: 0)) == [["70%"]])
        #expect(texts(data(mean, unit: "min", decimals: 3)) == [["70.333\u{A0}min"]])
    }

    @Test(arguments: [
        (1_234_567.891, "1,234,567.9"), (0.5, "0.5"), (-1234.0, "−1,234"), (0.00123, "0.0012"), (0.0999, "0.1"),
        (-0.001, "−0.001"), (0, "0"), (99.999, "100"),
    ])
    func numbersReadWell(_ value: Double, _ expected: String) {
        let columns = [TableColumn(name: "v", title: "V", type: .number)]
        let table = TableSnapshot(id: Quiz.attempts, title: "T", columns: columns, rows: [[.number(value)]], version: 1)
        #expect(texts(data(.number(Measure(.sum, of: "v")), from: table)) == [[expected]])
    }

    @Test func aTableSortsWithNullsLastAndSaysWhatIsLeftOut() {
        let sorted = data(.table(columns: ["id", "score"], sort: Sort(column: "score", descending: true), limit: 3))
        #expect(texts(sorted) == [["2", "91"], ["1", "80"], ["3", "40"]])
        #expect(sorted.note == "Showing 3 of 4 rows")
        let all = data(.table(columns: ["id", "score"], sort: Sort(column: "score"), limit: 9))
        #expect(texts(all).last == ["4", "–"])
        #expect(all.note.isEmpty)
        #expect(Set(all.rows.map(\.key)).count == 4)
    }

    @Test func whereASortDoesNotDecideTheNextOneDoes() {
        let byModule = Sort(column: "module", descending: true, then: [Sort(column: "score")])
        let sorted = data(.table(columns: ["id"], sort: byModule, limit: 3))
        #expect(texts(sorted) == [["2"], ["3"], ["1"]])
        #expect(texts(data(.table(columns: ["id"], sort: byModule, limit: 9))).last == ["4"])
    }

    @Test func tilesHaveAStatusInWords() {
        guard case .tiles = Quiz.dashboard.panels[1].content else { return }
        let data = PanelData.compute(Quiz.dashboard.panels[1], from: Quiz.studentSnapshot)
        #expect(
            texts(data) == [["ada", "85.5%", "module 10"], ["bob", "40%", "module 2"], ["cyd", "–", "module 2"]])
        #expect(data.rows.map(\.status?.word) == ["on track", "needs help", "no data"])
        #expect(data.rows.map(\.status?.tone) == ["good", "alert", "quiet"])
    }

    @Test func tilesOfOneNameAreToldApart() {
        let table = TableSnapshot(
            id: Quiz.students, title: "S",
            columns: [
                TableColumn(name: "course", title: "Course", type: .text, isKey: true),
                TableColumn(name: "student", title: "Student", type: .text, isKey: true),
            ], rows: [[.text("c1"), .text("ada")], [.text("c2"), .text("ada")]], version: 1)
        let tiles = PanelContent.tiles(Tiles(name: "student", details: ["course"]))
        let all = data(tiles, from: table)
        #expect(texts(all) == [["ada"], ["ada"]])
        #expect(all.rows.map(\.label) == ["c1", "c2"])
        let one = data(tiles, selection: ["course": "c2"], from: table)
        #expect(texts(one) == [["ada", "c2"]])
        #expect(one.rows.map(\.label) == [""])
    }

    @Test func timesThatAreMidnightsReadAsDays() {
        let rows: [[Cell]] = [[.time(Quiz.day)], [.time(Quiz.day + 48 * Quiz.hour)]]
        let table = TableSnapshot(
            id: Quiz.attempts, title: "T", columns: [TableColumn(name: "day", title: "Day", type: .time)], rows: rows,
            version: 1)
        let line = data(.line(Chart(x: "day", measure: Measure(.count))), from: table)
        #expect(texts(line) == [["2026-11-21", "1"], ["2026-11-23", "1"]])
    }

    @Test func aLineFillsTheStepsWithoutRows() {
        let line = data(.line(Chart(x: "at", measure: Measure(.count), series: "module", bucket: .day)))
        #expect(line.columns.map(\.title) == ["At (UTC)", "module 2", "module 10"])
        #expect(
            texts(line) == [
                ["2026-11-21", "2", "0"], ["2026-11-22", "0", "1"], ["2026-11-23", "0", "0"], ["2026-11-24", "1", "0"],
            ])
        let means = data(.line(Chart(x: "at", measure: Measure(.mean, of: "score"), bucket: .day)))
        #expect(texts(means).map { $0[1] } == ["60", "91", "–", "–"])
        #expect(means.rows[2].cells[1].value == nil)
    }

    @Test func aLineShowsTheNewestPoints() {
        let line = data(.line(Chart(x: "at", measure: Measure(.count), bucket: .day, limit: 2)))
        #expect(texts(line).map { $0[0] } == ["2026-11-23", "2026-11-24"])
    }

    @Test func barsComeInTheOrderOfXOrOfTheirSize() {
        let byX = data(.bar(Chart(x: "module", measure: Measure(.max, of: "score"))))
        #expect(texts(byX) == [["module 2", "80"], ["module 10", "91"]])
        let bySize = data(.bar(Chart(x: "student", measure: Measure(.sum, of: "score"), order: .value, limit: 2)))
        #expect(texts(bySize) == [["ada", "171"], ["bob", "40"]])
        #expect(bySize.note == "Showing 2 of 3 bars")
    }

    @Test func aHistogramHasRoundSteps() {
        let histogram = data(.histogram(column: "score", bins: 6))
        #expect(
            texts(histogram) == [
                ["40 – 50", "1"], ["50 – 60", "0"], ["60 – 70", "0"], ["70 – 80", "0"], ["80 – 90", "1"],
                ["90 – 100", "1"],
            ])
        #expect(
            texts(data(.histogram(column: "id", bins: 10))) == [["1", "1"], ["2", "1"], ["3", "1"], ["4", "1"]])
        #expect(texts(data(.histogram(column: "id", bins: 2))) == [["0 – 4", "4"]])
    }

    @Test func histogramsCountEveryValueOnce() {
        for seed in 1...60 {
            let values = (0..<50).map { Double(($0 * seed * 7919) % 1000) / Double(seed) - 100 }
            let table = TableSnapshot(
                id: Quiz.attempts, title: "T", columns: [TableColumn(name: "v", title: "V", type: .number)],
                rows: values.map { [.number($0)] }, version: 1)
            let histogram = data(.histogram(column: "v", bins: 7), from: table)
            #expect(histogram.rows.count <= 7)
            #expect(histogram.rows.reduce(0) { $0 + ($1.cells[1].value ?? 0) } == 50)
        }
    }

    @Test func aHeatMapShadesItsCells() {
        let map = data(.heatmap(Chart(x: "module", measure: Measure(.count)), rowColumn: "student"))
        #expect(map.columns.map(\.title) == ["Student", "module 2", "module 10"])
        #expect(texts(map) == [["ada", "1", "1"], ["bob", "1", "0"], ["cyd", "1", "0"]])
        #expect(map.rows[1].cells.map(\.shade) == [nil, 5, 0])
    }

    @Test func withoutATableThereIsNothing() {
        for content in [
            PanelContent.number(Measure(.count)), .histogram(column: "score", bins: 5),
            .table(columns: [], sort: nil, limit: 5), .line(Chart(x: "at", measure: Measure(.count))),
        ] {
            #expect(data(content, from: nil) == PanelData())
        }
        #expect(data(.number(Measure(.sum, of: "gone"))) == PanelData())
        #expect(data(.bar(Chart(x: "gone", measure: Measure(.count)))) == PanelData())
    }

    @Test func timesBefore1970() {
        let columns = [TableColumn(name: "t", title: "T", type: .time)]
        let table = TableSnapshot(
            id: Quiz.attempts, title: "T", columns: columns, rows: [[.time(-1)], [.time(-62_135_596_800_000_000)]],
            version: 1)
        let list = data(.table(columns: ["t"], sort: nil, limit: 5), from: table)
        #expect(texts(list) == [["1969-12-31 23:59:59"], ["0001-01-01 00:00:00"]])
    }
}
