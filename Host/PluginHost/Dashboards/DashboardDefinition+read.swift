import FoundationEssentials
import Records

extension DashboardDefinition {
    /// Reads the array of dashboards that a plugin declares and lists every mistake in its form. A dashboard with a
    /// mistake is not among those returned.
    package static func read(json: [UInt8]) -> (dashboards: [DashboardDefinition], problems: [DashboardProblem]) {
        let tree: JSONTree
        do {
            tree = try JSONDecoder().decode(JSONTree.self, from: Data(json))
        } catch {
            return ([], [wrongDocument(found: "text that is not JSON (\(json.count) bytes)")])
        }
        guard case .array(let items) = tree, items.count <= DashboardLimits.dashboards else {
            return ([], [wrongDocument(found: tree.found)])
        }

        var dashboards: [DashboardDefinition] = []
        var problems: [DashboardProblem] = []
        var ids: Set<String> = []
        for (index, item) in items.enumerated() {
            let reader = DashboardReader(place: index + 1)
            let dashboard = reader.read(item)
            if !ids.insert(dashboard.id).inserted {
                reader.problem("id", found: "\"\(dashboard.id)\" a second time", expected: "an id for each dashboard")
            }
            if reader.problems.isEmpty { dashboards.append(dashboard) }
            problems += reader.problems
        }
        return (dashboards, problems)
    }

    private static func wrongDocument(found: String) -> DashboardProblem {
        DashboardProblem(
            dashboard: "(all)", field: "the document", found: found,
            expected: "a JSON array of at most \(DashboardLimits.dashboards) dashboards")
    }
}
