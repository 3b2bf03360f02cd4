import PluginHost

/// One panel as markup. The scripts make the same from the stream's data: see Assets/panels.js.
struct PanelHTML {
    let index: Int
    let definition: PanelDefinition
    let data: PanelData

    var html: HTML {
        """
        <section class="panel \(width.rawValue)" data-panel="\(index)" \
        data-kind="\(definition.content.kind)" data-axis="\(axis)" aria-labelledby="panel-\(index)">
        <h2 id="panel-\(index)">\(definition.title)</h2>
        \(HTML.when(!definition.description.isEmpty, "<p class=\"about\">\(definition.description)</p>"))
        \(content)
        <p class="note"\(HTML.when(data.note.isEmpty, " hidden"))>\(data.note)</p>
        </section>

        """
    }

    private var content: HTML {
        switch definition.content {
        case .number:
            let text = data.rows.first?.cells.first?.text ?? PanelCell.none.text
            return "<p class=\"figure\"\(HTML.when(text.count > 12, " data-long"))>\(text)</p>"
        case .text(let text):
            return "<div class=\"prose\">\(paragraphs(text))</div>"
        case .tiles(let tiles):
            return TilesHTML(tiles: tiles, data: data).html
        case .table, .heatmap:
            return scrolling(table)
        case .line, .bar, .histogram:
            return """
                <div class="plot"><canvas role="img" aria-label="\(definition.title)"></canvas></div>
                <details class="numbers" open><summary>Numbers</summary>\(scrolling(table))</details>
                """
        }
    }

    /// Wide tables scroll by themselves, with the keyboard too.
    private func scrolling(_ table: HTML) -> HTML {
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"panel-\(index)\">\(table)</div>"
    }

    private var table: HTML {
        let head = data.columns.map { column -> HTML in
            "<th scope=\"col\" class=\"\(column.kind.rawValue)\">\(column.title)</th>"
        }
        return """
            <table><thead><tr>\(head)</tr></thead><tbody>\(data.rows.map(row))</tbody></table>\
            <p class="nothing"\(HTML.when(!data.rows.isEmpty, " hidden"))>No rows</p>
            """
    }

    private func row(_ row: PanelRow) -> HTML {
        let cells = zip(data.columns, row.cells).enumerated().map { index, pair -> HTML in
            let (column, cell) = pair
            if index == 0 { return "<th scope=\"row\" class=\"\(column.kind.rawValue)\">\(cell.text)</th>" }
            let shade: HTML = cell.shade.map { "data-shade=\"\($0)\"" } ?? ""
            return "<td class=\"\(column.kind.rawValue)\" \(shade)>\(cell.text)</td>"
        }
        return "<tr>\(cells)</tr>"
    }

    private func paragraphs(_ text: String) -> [HTML] {
        text.split(separator: "\n\n", omittingEmptySubsequences: true).map { "<p>\(HTML.prose(String($0)))</p>" }
    }

    private var width: PanelWidth {
        if let width = definition.width { return width }
        return switch definition.content {
        case .number: .quarter
        case .line, .bar, .histogram: .half
        case .table, .tiles, .heatmap, .text: .full
        }
    }

    /// How a line's x is drawn: by its value, or one step a row.
    private var axis: String {
        guard case .line(let chart) = definition.content, chart.bucket == nil, let first = data.columns.first else {
            return "steps"
        }
        return first.kind == .text ? "steps" : first.kind.rawValue
    }
}
