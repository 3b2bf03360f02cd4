import Settings

extension DashboardDefinition {
    /// Lists what this dashboard asks of the plugin's tables that they don't have; `tables` are their columns by id.
    ///
    /// - Parameter derivedColumns: by table, those that the operator adds; what type they have is known later.
    package func validate(
        tables: [String: [TableColumn]], derivedColumns: [String: Set<String>] = [:]
    ) -> [DashboardProblem] {
        var problems = panels.enumerated().flatMap { index, panel in
            PanelValidation(dashboard: id, panel: "\(index + 1) \"\(panel.title.prefix(60))\"", definition: panel)
                .problems(tables: tables, derivedColumns[panel.table] ?? [])
        }
        let columns = panels.compactMap { tables[$0.table] }.flatMap { $0 }
        let derived = panels.compactMap { derivedColumns[$0.table] }.reduce(into: Set()) { $0.formUnion($1) }
        for (index, filter) in filters.enumerated()
        where !columns.contains(where: { $0.name == filter.column }) && !derived.contains(filter.column) {
            problems.append(
                DashboardProblem(
                    dashboard: id, field: "filters[\(index)].column", found: "\"\(filter.column)\"",
                    expected: "a column of a table that a panel shows"
                        + suggestion(for: filter.column, among: columns.map(\.name))))
        }
        return problems
    }
}

/// Checks one panel against the columns of its table.
private struct PanelValidation {
    let dashboard: String
    let panel: String
    let definition: PanelDefinition

    func problems(tables: [String: [TableColumn]], _ derived: Set<String>) -> [DashboardProblem] {
        if case .text = definition.content { return [] }
        guard let columns = tables[definition.table] else {
            let names = tables.keys.sorted()
            let expected = names.isEmpty ? "a table, but the plugin has none" : oneOf(names)
            return [
                problem(
                    "table", "\"\(definition.table)\"", expected + suggestion(for: definition.table, among: names))
            ]
        }
        return uses.filter { !derived.contains($0.column) }.compactMap { check($0, columns) }
    }

    private struct Use {
        let field: String
        let column: String
        var types: [ColumnType]?

        init(_ field: String, _ column: String, _ types: [ColumnType]? = nil) {
            self.field = field
            self.column = column
            self.types = types
        }
    }

    private func check(_ use: Use, _ columns: [TableColumn]) -> DashboardProblem? {
        guard let column = columns.first(where: { $0.name == use.column }) else {
            let names = columns.map(\.name)
            return problem(
                use.field, "\"\(use.column)\"",
                "a column of table \"\(definition.table)\" (\(names.joined(separator: ", ")))"
                    + suggestion(for: use.column, among: names))
        }
        guard let types = use.types, !types.contains(column.type) else { return nil }
        let wanted = types.map(\.rawValue).joined(separator: " or ")
        return problem(use.field, "\"\(use.column)\", a column of \(column.type.rawValue)", "a column of \(wanted)")
    }

    /// Every column that the panel names, and the types that will do.
    private var uses: [Use] {
        let conditions = definition.conditions.enumerated().map { index, condition in
            Use("where[\(index)].column", condition.column, types(of: [condition.comparison]))
        }
        switch definition.content {
        case .text:
            return []
        case .number(let measure):
            return conditions + use(measure, field: "column")
        case .table(let columns, let sort, _):
            return conditions + columns.enumerated().map { Use("columns[\($0)]", $1) } + use(sort)
        case .tiles(let tiles):
            let details = tiles.details.enumerated().map { Use("details[\($0)]", $1) }
            let status = tiles.status.map { status in
                Use("status.column", status.column, types(of: status.levels.compactMap(\.comparison)))
            }
            return conditions + [Use("name", tiles.name)] + (tiles.value.map { [Use("value", $0)] } ?? [])
                + (status.map { [$0] } ?? []) + details + use(tiles.sort)
        case .line(let chart), .bar(let chart):
            return conditions + use(chart, value: "y") + (chart.series.map { [Use("series", $0)] } ?? [])
        case .histogram(let column, _):
            return conditions + [Use("column", column, Self.numeric)]
        case .heatmap(let chart, let rowColumn):
            return conditions + use(chart, value: "value") + [Use("y", rowColumn)]
        }
    }

    private static let numeric: [ColumnType] = [.integer, .number]

    private func types(of comparisons: [Comparison]) -> [ColumnType]? {
        let needsNumber = comparisons.contains { comparison in
            switch comparison {
            case .is, .isNot: false
            case .below, .atMost, .above, .atLeast: true
            }
        }
        return needsNumber ? Self.numeric : nil
    }

    private func use(_ chart: Chart, value: String) -> [Use] {
        [Use("x", chart.x, chart.bucket == nil ? nil : [.time])] + use(chart.measure, field: value)
    }

    private func use(_ measure: Measure, field: String) -> [Use] {
        guard let column = measure.column else { return [] }
        switch measure.function {
        case .count, .distinct: return [Use(field, column)]
        case .sum, .mean: return [Use(field, column, Self.numeric)]
        case .min, .max: return [Use(field, column, Self.numeric + [.time])]
        }
    }

    private func use(_ sort: Sort?) -> [Use] {
        (sort?.all ?? []).enumerated().map { depth, sort in
            Use("sort." + String(repeating: "then.", count: depth) + "column", sort.column)
        }
    }

    private func problem(_ field: String, _ found: String, _ expected: String) -> DashboardProblem {
        DashboardProblem(dashboard: dashboard, panel: panel, field: field, found: found, expected: expected)
    }
}

private func suggestion(for word: String, among names: [String]) -> String {
    nearest(to: word, in: names).map { "; did you mean \"\($0)\"?" } ?? ""
}
