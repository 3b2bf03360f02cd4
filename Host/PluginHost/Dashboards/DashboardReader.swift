import Records

/// Reads one dashboard and collects its mistakes.
final class DashboardReader {
    private(set) var problems: [DashboardProblem] = []
    private var name: String

    init(place: Int) {
        name = "#\(place)"
    }

    func problem(_ field: String, found: String, expected: String, panel: String? = nil) {
        problems.append(
            DashboardProblem(dashboard: name, panel: panel, field: field, found: found, expected: expected))
    }

    func read(_ tree: JSONTree) -> DashboardDefinition {
        let fields = JSONFields(tree) { [unowned self] in problem($0, found: $1, expected: $2) }
        let rule = "an id: \(ComponentID.rule)"
        let id = fields.requiredText("id", expected: rule)
        if ComponentID.isValid(id) {
            name = id
        } else if !id.isEmpty {
            problem("id", found: "\"\(id)\"", expected: rule)
        }

        let dashboard = DashboardDefinition(
            id: id,
            title: fields.requiredText("title"),
            description: fields.text("description") ?? "",
            empty: fields.requiredText("empty", expected: "a text that says what to do when there is no data"),
            filters: fields.objects("filters", atMost: DashboardLimits.filters).map(filter),
            panels: fields.items("panels", atMost: DashboardLimits.panels).enumerated().map(panel))
        fields.finish()
        if !fields.has("panels") || fields.value("panels") == .array([]) {
            fields.missing("panels", expected: "an array of at least one panel")
        }
        return dashboard
    }

    private func filter(_ fields: JSONFields) -> DashboardFilter {
        let column = fields.requiredText("column", expected: "a column's name")
        let filter = DashboardFilter(column: column, title: fields.text("title") ?? column)
        fields.finish()
        return filter
    }

    private func panel(_ index: Int, _ tree: JSONTree) -> PanelDefinition {
        var place = "\(index + 1)"
        if case .object(let object) = tree, case .text(let title) = object["title"] {
            place += " \"\(title.prefix(60))\""
        }
        let fields = JSONFields(tree) { [unowned self] in problem($0, found: $1, expected: $2, panel: place) }
        let panel = PanelDefinition(reading: fields)
        fields.finish()
        return panel
    }
}
