/// A dashboard that a plugin declares as data; the host computes and renders it.
///
/// `lectern.dashboards/1` gives an array of them as JSON. One with every kind of panel:
///
///     [{
///       "id": "class",
///       "title": "Quizzes",
///       "description": "How the class is doing",
///       "empty": "No quiz yet. Send some: `lectern simulate --to {host}`",
///       "filters": [{"column": "module", "title": "Module"}],
///       "panels": [
///         {"kind": "number", "title": "Mean score", "table": "attempts", "measure": "mean", "column": "score",
///          "decimals": 1, "unit": "%"},
///         {"kind": "number", "title": "Passed", "table": "attempts", "measure": "count",
///          "where": [{"column": "score", "atLeast": 50}]},
///         {"kind": "tiles", "title": "Students", "table": "students", "name": "student", "value": "score",
///          "unit": "%", "details": ["attempts", "last"], "sort": {"column": "score"}, "limit": 200,
///          "status": {"column": "score", "levels": [
///            {"below": 50, "word": "needs help", "tone": "alert"},
///            {"below": 70, "word": "watch", "tone": "warn"},
///            {"word": "on track", "tone": "good"}]}},
///         {"kind": "line", "title": "Activity", "table": "attempts", "x": "at", "bucket": "day",
///          "measure": "count", "series": "module"},
///         {"kind": "bar", "title": "Score by module", "table": "attempts", "x": "module", "y": "score",
///          "measure": "mean", "order": "value", "limit": 20},
///         {"kind": "histogram", "title": "Scores", "table": "attempts", "column": "score", "bins": 10},
///         {"kind": "heatmap", "title": "When", "table": "attempts", "x": "at", "bucket": "day", "y": "student",
///          "measure": "count"},
///         {"kind": "table", "title": "Attempts", "table": "attempts", "columns": ["student", "score", "at"],
///          "sort": {"column": "at", "descending": true, "then": {"column": "score"}}, "limit": 50},
///         {"kind": "text", "title": "How to read this", "text": "Plain text.\n\nA blank line begins a paragraph."}
///       ]
///     }]
///
/// `description` and `filters` may be left out. `table` names a table of the same plugin and `column`, `x` and their
/// like one of that table's columns. `PanelDefinition` says what each kind takes. `read` lists what is wrong with a
/// definition's form, `validate` what it asks of the plugin's tables that they don't have.
package struct DashboardDefinition: Sendable, Equatable {
    /// As a plugin's id; unique in the plugin. Part of the address: `/dashboards/PLUGIN/ID`.
    package var id: String
    package var title: String
    package var description: String
    /// What to do when there is nothing to show yet. Backquotes surround code; `{host}` stands for the host's address.
    package var empty: String
    package var filters: [DashboardFilter]
    package var panels: [PanelDefinition]

    package init(
        id: String, title: String, description: String = "", empty: String, filters: [DashboardFilter] = [],
        panels: [PanelDefinition]
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.empty = empty
        self.filters = filters
        self.panels = panels
    }
}

/// A column by whose values the viewer can narrow every panel whose table has it.
package struct DashboardFilter: Sendable, Equatable {
    package var column: String
    package var title: String

    package init(column: String, title: String) {
        self.column = column
        self.title = title
    }
}

/// What one definition may hold at most.
package enum DashboardLimits {
    package static let dashboards = 32
    package static let panels = 32
    package static let filters = 4
    package static let columns = 32
    package static let conditions = 8
    package static let levels = 8
    package static let bins = 100
    /// Rows, tiles or points of one panel.
    package static let rows = 1000
    package static let characters = 4000
}
