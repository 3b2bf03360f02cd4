import PluginHost

extension PanelData {
    /// How many rows have a value in each of equal steps.
    static func histogram(_ name: String, _ bins: Int, _ rows: TableRows) -> PanelData {
        guard let column = rows.index(of: name) else { return PanelData() }
        let values = rows.all.compactMap { $0[column].number }.filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else { return PanelData() }
        let isInteger = rows.table.columns[column].type == .integer
        let steps = HistogramSteps(low: low, high: high, atMost: bins, whole: isInteger)

        var counts = [Int64](repeating: 0, count: steps.count)
        for value in values { counts[steps.index(of: value)] += 1 }
        let format = ValueFormat()
        return PanelData(
            columns: [PanelColumn(rows.header(column).title, .text), PanelColumn("Count", .number)],
            rows: counts.enumerated().map { index, count in
                let range = steps.text(index, format)
                return PanelRow(key: range, cells: [PanelCell(range), format.cell(.integer(count))])
            })
    }

    /// A row for each y, a column for each x.
    static func heatmap(_ chart: Chart, _ rowColumn: String, _ rows: TableRows, _ format: ValueFormat) -> PanelData {
        guard let grid = ChartGrid(chart, group: rowColumn, rows), let y = rows.index(of: rowColumn) else {
            return PanelData()
        }
        let xs = grid.points.suffix(chart.limit)
        let ys = grid.groups.prefix(chart.limit)
        let top = ys.flatMap { y in xs.map { x in grid.value(x, y).number ?? 0 } }.max() ?? 0
        let xFormat = ValueFormat(bucket: chart.bucket)

        let notes = [
            note(shown: chart.limit, of: grid.points.count, "columns"),
            note(shown: chart.limit, of: grid.groups.count, "rows"),
        ]
        return PanelData(
            columns: [rows.header(y)] + xs.map { PanelColumn(xFormat.text($0), .number) },
            rows: ys.map { y in
                let cells = xs.map { x in
                    let value = grid.value(x, y)
                    var cell = format.cell(value)
                    cell.shade = shade(value.number ?? 0, top)
                    return cell
                }
                return PanelRow(key: ValueFormat.identity(y), cells: [ValueFormat.plain.cell(y)] + cells)
            },
            note: notes.filter { !$0.isEmpty }.joined(separator: "; "))
    }

    private static func shade(_ value: Double, _ top: Double) -> Int {
        guard value > 0, top > 0 else { return 0 }
        return min(5, max(1, Int((value / top * 5).rounded(.up))))
    }
}

/// Equal steps with round bounds (1, 2, 2.5 or 5 times a power of ten).
struct HistogramSteps {
    let start: Double
    let width: Double
    let count: Int
    private let whole: Bool

    init(low: Double, high: Double, atMost bins: Int, whole: Bool) {
        self.whole = whole
        guard high > low else {
            (start, width, count) = (low, whole ? 1 : 0, 1)
            return
        }
        // Integers fill their steps to the end: 0 to 9 are ten values.
        let span = whole ? high - low + 1 : high - low
        var power = 1.0
        while power * Double(bins) > span { power /= 10 }
        while power * 10 * Double(bins) < span { power *= 10 }
        let candidates = [1, 2, 2.5, 5, 10, 20, 25, 50].map { $0 * power }.filter { !whole || $0 == $0.rounded() }
        for width in candidates {
            let start = (low / width).rounded(.down) * width
            let count = Int(((high - start) / width).rounded(.down)) + 1
            // The largest value of all may close the last step instead of opening one more.
            let closed = !whole && count > 1 && start + Double(count - 1) * width == high ? count - 1 : count
            if closed <= bins {
                (self.start, self.width, self.count) = (start, width, closed)
                return
            }
        }
        (start, width, count) = (low, span / Double(bins), bins)
    }

    func index(of value: Double) -> Int {
        width == 0 ? 0 : min(count - 1, max(0, Int(((value - start) / width).rounded(.down))))
    }

    func text(_ index: Int, _ format: ValueFormat) -> String {
        let low = start + Double(index) * width
        if width == 0 || (whole && width == 1) { return format.text(.number(low)) }
        let high = whole ? low + width - 1 : low + width
        return "\(format.text(.number(low))) – \(format.text(.number(high)))"
    }
}
