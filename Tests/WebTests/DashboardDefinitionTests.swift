import PluginHost
import Testing

struct DashboardDefinitionTests {
    /// The example of DashboardDefinition's comment.
    static let example = #"""
        [{
          "id": "class", "title": "Quizzes", "description": "How the class is doing",
          "empty": "No quiz yet. Send some: `lectern simulate --to {host}`",
          "filters": [{"column": "module", "title": "Module"}],
          "panels": [
            {"kind": "number", "title": "Mean score", "table": "attempts", "measure": "mean", "column": "score",
             "decimals": 1, "unit": "%"},
            {"kind": "number", "title": "Passed", "table": "attempts", "measure": "count",
             "where": [{"column": "score", "atLeast": 50}]},
            {"kind": "tiles", "title": "Students", "table": "students", "name": "student", "value": "score",
             "unit": "%", "details": ["attempts", "last"], "sort": {"column": "score"}, "limit": 200,
             "status": {"column": "score", "levels": [
               {"below": 50, "word": "needs help", "tone": "alert"},
               {"below": 70, "word": "watch", "tone": "warn"},
               {"word": "on track", "tone": "good"}]}},
            {"kind": "line", "title": "Activity", "table": "attempts", "x": "at", "bucket": "day",
             "measure": "count", "series": "module"},
            {"kind": "bar", "title": "Score by module", "table": "attempts", "x": "module", "y": "score",
             "measure": "mean", "order": "value", "limit": 20},
            {"kind": "histogram", "title": "Scores", "table": "attempts", "column": "score", "bins": 10},
            {"kind": "heatmap", "title": "When", "table": "attempts", "x": "at", "bucket": "day", "y": "student",
             "measure": "count"},
            {"kind": "table", "title": "Attempts", "table": "attempts", "columns": ["student", "score", "at"],
             "sort": {"column": "at", "descending": true, "then": {"column": "score"}}, "limit": 50},
            {"kind": "text", "title": "How to read this", "text": "Plain text.\n\nA blank line begins a paragraph."}
          ]
        }]
        """#

    static let tables: [String: [TableColumn]] = [
        "attempts": Quiz.attemptColumns,
        "students": [
            TableColumn(name: "student", title: "Student", type: .text, isKey: true),
            TableColumn(name: "score", title: "Score", type: .number),
            TableColumn(name: "attempts", title: "Attempts", type: .integer),
            TableColumn(name: "last", title: "Last", type: .time),
        ],
    ]

    @Test func theDocumentedExampleIsRight() throws {
        let (dashboards, problems) = DashboardDefinition.read(json: Array(Self.example.utf8))
        #expect(problems.isEmpty)
        let dashboard = try #require(dashboards.first)
        #expect(
            dashboard.panels.map(\.content.kind) == [
                "number", "number", "tiles", "line", "bar", "histogram", "heatmap", "table", "text",
            ])
        #expect(dashboard.panels[1].conditions == [Condition(column: "score", .atLeast(50))])
        #expect(
            dashboard.panels[4].content
                == .bar(
                    Chart(x: "module", measure: Measure(.mean, of: "score"), order: .value, limit: 20)))
        #expect(dashboard.validate(tables: Self.tables).isEmpty)
    }

    @Test func everyMistakeIsNamedAtOnce() {
        let json = #"""
            [{"id": "Class", "title": "", "empty": "e", "colour": "red", "panels": [
              {"kind": "pie", "title": "A", "table": "t"},
              {"kind": "number", "title": "B", "table": "t", "measure": "median"},
              {"kind": "bar", "title": "C", "table": "t", "x": "m", "measure": "sum", "sereis": "s", "limit": 0},
              {"kind": "tiles", "title": "D", "table": "t", "name": "n",
               "status": {"column": "c", "levels": [{"below": "50", "word": "w", "tone": "red"}]}}
            ]}]
            """#
        let (dashboards, problems) = DashboardDefinition.read(json: Array(json.utf8))
        #expect(dashboards.isEmpty)
        let texts = problems.map(\.description)
        for expected in [
            "dashboard #1, id: found \"Class\", expected an id",
            "dashboard #1, title: found \"\"",
            "dashboard #1, colour: found an unknown field",
            "panel 1 \"A\", kind: found \"pie\", expected one of number, table",
            "panel 2 \"B\", measure: found \"median\", expected one of count, sum",
            "panel 3 \"C\", y: found nothing",
            "panel 3 \"C\", sereis: found an unknown field",
            "did you mean series?",
            "panel 3 \"C\", limit: found 0, expected an integer from 1 to 1000",
            "panel 4 \"D\", status.levels[0].below: found \"50\", expected a number",
            "panel 4 \"D\", status.levels[0].tone: found \"red\", expected one of good, fair, warn, alert, quiet",
        ] {
            #expect(
                texts.contains { $0.contains(expected) }, "\(expected) is not among:\n\(texts.joined(separator: "\n"))")
        }
    }

    @Test(arguments: ["", "{}", "[", "[1]", "[null]"])
    func whatIsNoArrayOfDashboardsIsAProblem(_ json: String) {
        let (dashboards, problems) = DashboardDefinition.read(json: Array(json.utf8))
        #expect(dashboards.isEmpty)
        #expect(!problems.isEmpty)
    }

    @Test func anIDStandsOnce() {
        let one = #"{"id": "a", "title": "A", "empty": "e", "panels": [{"kind": "text", "title": "T", "text": "t"}]}"#
        let (dashboards, problems) = DashboardDefinition.read(json: Array("[\(one),\(one)]".utf8))
        #expect(dashboards.count == 1)
        #expect(problems.map(\.field) == ["id"])
    }

    @Test func columnsMustExistAndFit() throws {
        let panels = [
            PanelDefinition(title: "A", table: "attemps", content: .number(Measure(.count))),
            PanelDefinition(title: "B", table: "attempts", content: .number(Measure(.mean, of: "student"))),
            PanelDefinition(
                title: "C", table: "attempts",
                content: .line(
                    Chart(x: "student", measure: Measure(.count), series: "modul", bucket: .day))),
            PanelDefinition(
                title: "D", table: "attempts", conditions: [Condition(column: "student", .above(1))],
                content: .histogram(column: "at", bins: 10)),
        ]
        let dashboard = DashboardDefinition(
            id: "d", title: "D", empty: "e", filters: [DashboardFilter(column: "course", title: "Course")],
            panels: panels)
        let texts = dashboard.validate(tables: Self.tables).map(\.description)
        for expected in [
            "panel 1 \"A\", table: found \"attemps\", expected one of attempts, students; did you mean \"attempts\"?",
            "panel 2 \"B\", column: found \"student\", a column of text, expected a column of integer or number",
            "panel 3 \"C\", x: found \"student\", a column of text, expected a column of time",
            "panel 3 \"C\", series: found \"modul\"",
            "did you mean \"module\"?",
            "panel 4 \"D\", where[0].column: found \"student\", a column of text",
            "panel 4 \"D\", column: found \"at\", a column of time",
            "filters[0].column: found \"course\"",
        ] {
            #expect(
                texts.contains { $0.contains(expected) }, "\(expected) is not among:\n\(texts.joined(separator: "\n"))")
        }
    }
}
