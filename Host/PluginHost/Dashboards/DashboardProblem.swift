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

/// The candidate that `word` was probably meant to be: at most a third of its letters away.
func nearest(to word: String, among candidates: [String]) -> String? {
    let best = candidates.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
    guard let best, best.1 <= max(1, word.count / 3) else { return nil }
    return best.0
}

private func editDistance(_ one: String, _ other: String) -> Int {
    let one = Array(one.utf8), other = Array(other.utf8)
    var row = Array(0...other.count)
    for i in one.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in other.indices {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (one[i] == other[j] ? 0 : 1))
            diagonal = above
        }
    }
    return row[other.count]
}
