package import PluginHost

extension PanelData {
    /// Computes a panel from its table. Pure: the same arguments give the same data.
    ///
    /// - Parameters:
    ///   - table: nil, or without a column that the panel names, if there is no data yet: the panel is empty then.
    ///   - selection: what the viewer chose, by column; columns that the table does not have are ignored.
    package static func compute(
        _ panel: PanelDefinition, from table: TableSnapshot?, selection: [String: String] = [:]
    ) -> PanelData {
        guard let table, let rows = TableRows(table, panel.conditions, selection) else { return PanelData() }
        let format = ValueFormat(unit: panel.unit, decimals: panel.decimals)
        return switch panel.content {
        case .text: PanelData()
        case .number(let measure): number(measure, rows, format)
        case .table(let columns, let sort, let limit): list(columns, sort, limit, rows)
        case .tiles(let tiles): roster(tiles, rows, format)
        case .line(let chart): series(chart, rows, format, isBar: false)
        case .bar(let chart): series(chart, rows, format, isBar: true)
        case .histogram(let column, let bins): histogram(column, bins, rows)
        case .heatmap(let chart, let rowColumn): heatmap(chart, rowColumn, rows, format)
        }
    }

    private static func number(_ measure: Measure, _ rows: TableRows, _ format: ValueFormat) -> PanelData {
        guard let column = rows.index(of: measure) else { return PanelData() }
        var accumulator = MeasureAccumulator(measure.function)
        for row in rows.all { accumulator.add(column.map { row[$0] }) }
        let cell = format.cell(accumulator.result)
        return PanelData(
            columns: [PanelColumn("Value", .number)],
            rows: rows.all.isEmpty ? [] : [PanelRow(key: "value", cells: [cell])])
    }

    private static func list(_ names: [String], _ sort: Sort?, _ limit: Int, _ rows: TableRows) -> PanelData {
        let names = names.isEmpty ? rows.table.columns.map(\.name) : names
        let columns = names.compactMap(rows.index)
        guard columns.count == names.count else { return PanelData() }
        return PanelData(
            columns: columns.map { rows.header($0) },
            rows: rows.first(limit, by: sort).map { row in
                PanelRow(key: rows.key(of: row), cells: columns.map { ValueFormat.plain.cell(row[$0]) })
            },
            note: note(shown: limit, of: rows.all.count, "rows"))
    }

    static func note(shown: Int, of count: Int, _ what: String) -> String {
        count <= shown ? "" : "Showing \(ValueFormat.text(Int64(shown))) of \(ValueFormat.text(Int64(count))) \(what)"
    }
}
