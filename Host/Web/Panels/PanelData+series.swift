import PluginHost

/// More series than this can't be told apart.
private let seriesLimit = 8

extension PanelData {
    /// A line or bar chart: a row for each x, a column for each series.
    static func series(_ chart: Chart, _ rows: TableRows, _ format: ValueFormat, isBar: Bool) -> PanelData {
        guard let grid = ChartGrid(chart, group: chart.series, rows) else { return PanelData() }
        var points = grid.points
        if isBar, chart.order == .value {
            let sizes = points.map { grid.total($0) }
            points = points.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }.map { points[$0] }
        } else if let bucket = chart.bucket, !isBar {
            points = filled(points, bucket, limit: chart.limit)
        }
        // A line's newest points say most; a bar chart's first do.
        let shown = isBar ? points.prefix(chart.limit) : points.suffix(chart.limit)
        let groups = grid.groups.prefix(seriesLimit)
        let notes = [
            note(shown: chart.limit, of: points.count, isBar ? "bars" : "points"),
            note(shown: seriesLimit, of: grid.groups.count, "series"),
        ]

        let xFormat = ValueFormat(bucket: chart.bucket ?? wholeDays(points))
        return PanelData(
            columns: [rows.header(grid.x)] + groups.map { PanelColumn(title($0, chart, rows), .number) },
            rows: shown.map { x in
                PanelRow(
                    key: ValueFormat.identity(x),
                    cells: [xFormat.cell(x)] + groups.map { format.cell(grid.value(x, $0)) })
            },
            note: notes.filter { !$0.isEmpty }.joined(separator: "; "))
    }

    /// Times that are all midnights read as days.
    private static func wholeDays(_ points: [Cell]) -> TimeBucket? {
        let isDays = points.allSatisfy { point in
            guard case .time(let time) = point else { return point == .null }
            return TimeText.floor(time, to: .day) == time
        }
        return isDays ? .day : nil
    }

    private static func title(_ group: Cell, _ chart: Chart, _ rows: TableRows) -> String {
        if chart.series != nil { return ValueFormat.plain.text(group) }
        guard let name = chart.measure.column, let column = rows.index(of: name) else { return "Count" }
        return rows.header(column).title
    }

    /// Every step of time between the first and the last point, so that a pause shows as one.
    private static func filled(_ points: [Cell], _ bucket: TimeBucket, limit: Int) -> [Cell] {
        guard case .time(let first)? = points.first, case .time(let last)? = points.last(where: { $0 != .null }) else {
            return points
        }
        let step = bucket.microseconds
        let start = max(first, last - Int64(limit - 1) * step)
        return stride(from: start, through: last, by: Int64.Stride(step)).map(Cell.time)
    }
}

/// The values of a chart by x and group.
struct ChartGrid {
    let x: Int
    /// In order.
    let points: [Cell]
    let groups: [Cell]
    private let values: [Key: MeasureAccumulator]
    private let function: Measure.Function

    private struct Key: Hashable {
        let x: Cell, group: Cell
    }

    /// nil if the table lacks a column.
    init?(_ chart: Chart, group groupName: String?, _ rows: TableRows) {
        guard let x = rows.index(of: chart.x), let measured = rows.index(of: chart.measure) else { return nil }
        var group: Int?
        if let groupName {
            guard let column = rows.index(of: groupName) else { return nil }
            group = column
        }

        var values: [Key: MeasureAccumulator] = [:]
        for row in rows.all {
            var point = row[x]
            if let bucket = chart.bucket, case .time(let time) = point {
                point = .time(TimeText.floor(time, to: bucket))
            }
            let key = Key(x: point, group: group.map { row[$0] } ?? .null)
            values[key, default: MeasureAccumulator(chart.measure.function)].add(measured.map { row[$0] })
        }
        self.x = x
        self.values = values
        function = chart.measure.function
        points = Set(values.keys.map(\.x)).sorted { $0.compare($1) < 0 }
        groups = Set(values.keys.map(\.group)).sorted { $0.compare($1) < 0 }
    }

    /// Where there are no rows: 0 of what is counted, null of what is not.
    func value(_ x: Cell, _ group: Cell) -> Cell {
        if let accumulator = values[Key(x: x, group: group)] { return accumulator.result }
        return switch function {
        case .count, .sum, .distinct: .integer(0)
        case .mean, .min, .max: .null
        }
    }

    func total(_ x: Cell) -> Double {
        groups.reduce(0) { $0 + (value(x, $1).number ?? 0) }
    }
}
