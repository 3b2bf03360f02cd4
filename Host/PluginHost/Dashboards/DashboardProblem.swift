/// One mistake in a plugin's dashboards, for the plugin's author.
package struct DashboardProblem: Sendable, Equatable, CustomStringConvertible {
    /// The dashboard's id, or its place (`#2`) while it has none.
    package var dashboard: String
    /// The panel's place and title (`3 "Scores"`); nil if the mistake is not in a panel.
    package var panel: String?
    /// The field, with its path in the panel or dashboard: `status.levels[1].tone`.
    package var field: String
    package var found: String
    package var expected: String

    package init(dashboard: String, panel: String? = nil, field: String, found: String, expected: String) {
        self.dashboard = dashboard
        self.panel = panel
        self.field = field
        self.found = found
        self.expected = expected
    }

    package var description: String {
        let place = panel.map { "dashboard \(dashboard), panel \($0)" } ?? "dashboard \(dashboard)"
        return "\(place), \(field): found \(found), expected \(expected)"
    }
}
