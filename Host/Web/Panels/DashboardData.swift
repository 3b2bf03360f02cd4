package import PluginHost

/// Everything that a dashboard shows, as of one moment.
package struct DashboardData: Sendable, Equatable {
    /// In the definition's order.
    package var panels: [PanelData]
    /// For each of the definition's filters what the viewer may choose.
    package var choices: [[String]]
    /// None of the tables has a row: the page says what to do instead of showing panels.
    package var isEmpty: Bool

    package init(panels: [PanelData], choices: [[String]], isEmpty: Bool) {
        self.panels = panels
        self.choices = choices
        self.isEmpty = isEmpty
    }

    /// More choices than this are not offered.
    static let choiceLimit = 200

    package static func compute(
        _ dashboard: DashboardDefinition, selection: [String: String], table: (String) -> TableSnapshot?
    ) -> DashboardData {
        var snapshots: [String: TableSnapshot] = [:]
        for id in dashboard.tables { snapshots[id] = table(id) }
        return DashboardData(
            panels: dashboard.panels.map { PanelData.compute($0, from: snapshots[$0.table], selection: selection) },
            choices: dashboard.filters.map { choices($0.column, Array(snapshots.values)) },
            isEmpty: snapshots.values.allSatisfy(\.rows.isEmpty))
    }

    private static func choices(_ column: String, _ tables: [TableSnapshot]) -> [String] {
        var values: Set<Cell> = []
        for table in tables {
            guard let index = table.columns.firstIndex(where: { $0.name == column }) else { continue }
            for row in table.rows where row[index] != .null { values.insert(row[index]) }
        }
        return values.sorted { $0.compare($1) < 0 }.prefix(choiceLimit).map(ValueFormat.plain.text)
    }
}

extension DashboardDefinition {
    /// Ids of the tables that the panels show.
    var tables: Set<String> { Set(panels.map(\.table)).subtracting([""]) }
}
