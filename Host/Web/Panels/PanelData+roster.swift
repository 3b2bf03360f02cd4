import PluginHost

extension PanelData {
    /// A tile a row: name, value (if the panel has one), then the details.
    static func roster(_ tiles: Tiles, _ rows: TableRows, _ format: ValueFormat) -> PanelData {
        guard let name = rows.index(of: tiles.name) else { return PanelData() }
        let value = tiles.value.flatMap(rows.index)
        let status = tiles.status.flatMap { status in rows.index(of: status.column).map { (status, $0) } }
        // One who has a row in each course has several tiles: what else is in the key tells them apart.
        let label = rows.freeKeyColumns.filter { $0 != name }
        let details = tiles.details.compactMap(rows.index).filter { !label.contains($0) }

        return PanelData(
            columns: [rows.header(name)] + (value.map { [rows.header($0)] } ?? []) + details.map { rows.header($0) },
            rows: rows.first(tiles.limit, by: tiles.sort ?? Sort(column: tiles.name)).map { row in
                PanelRow(
                    key: rows.key(of: row),
                    cells: [ValueFormat.plain.cell(row[name])] + (value.map { [format.cell(row[$0])] } ?? [])
                        + details.map { ValueFormat.plain.cell(row[$0]) },
                    status: status.map { status, column in status.level(of: row[column]) },
                    label: label.map { ValueFormat.plain.text(row[$0]) }.joined(separator: " · "))
            },
            note: note(shown: tiles.limit, of: rows.all.count, "rows"))
    }
}

extension Status {
    func level(of cell: Cell) -> RowStatus {
        guard cell != .null, let level = levels.first(where: { $0.comparison?.fits(cell) ?? true }) else {
            return RowStatus(word: "no data", tone: Tone.quiet.rawValue)
        }
        return RowStatus(word: level.word, tone: level.tone.rawValue)
    }
}
