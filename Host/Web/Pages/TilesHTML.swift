import PluginHost

/// A roster: how many stand where, then a tile for each. Assets/panels.js makes the same from the stream's data.
struct TilesHTML {
    let tiles: Tiles
    let data: PanelData

    var html: HTML {
        """
        <p class="summary">\(summary)</p>
        <ul class="tiles" role="list" data-value="\(tiles.value == nil ? "no" : "yes")">\(data.rows.map(tile))</ul>
        <p class="nothing"\(HTML.when(!data.rows.isEmpty, " hidden"))>Nobody here yet</p>
        """
    }

    private var summary: [HTML] {
        var counts: [(status: RowStatus, count: Int)] = (tiles.status?.levels ?? []).map {
            (RowStatus(word: $0.word, tone: $0.tone.rawValue), 0)
        }
        for status in data.rows.compactMap(\.status) {
            if let index = counts.firstIndex(where: { $0.status == status }) {
                counts[index].count += 1
            } else {
                counts.append((status, 1))
            }
        }
        return counts.map { status, count in
            """
            <span class="status" data-tone="\(status.tone)"><span class="shape" aria-hidden="true"></span>\
            <b>\(count)</b> \(status.word)</span>
            """
        }
    }

    private func status(_ status: RowStatus?) -> HTML {
        guard let status else { return "" }
        return """
            <span class="status" data-tone="\(status.tone)"><span class="shape" aria-hidden="true"></span>\
            <span class="word">\(status.word)</span></span>
            """
    }

    private func tile(_ row: PanelRow) -> HTML {
        let hasValue = tiles.value != nil && row.cells.count > 1
        let details = Array(zip(data.columns, row.cells).dropFirst(hasValue ? 2 : 1))
        let face: HTML = """
            <span class="name">\(row.cells.first?.text ?? "")</span>\
            \(HTML.when(hasValue, "<span class=\"value\">\(row.cells[1].text)</span>"))\
            \(status(row.status))\
            \(HTML.when(!row.label.isEmpty, "<span class=\"label\">\(row.label)</span>"))
            """
        if details.isEmpty { return "<li class=\"tile\"><div class=\"face\">\(face)</div></li>" }
        let entries = details.map { column, cell -> HTML in "<div><dt>\(column.title)</dt><dd>\(cell.text)</dd></div>" }
        return """
            <li class="tile"><details><summary class="face">\(face)</summary><dl>\(entries)</dl></details></li>
            """
    }
}
