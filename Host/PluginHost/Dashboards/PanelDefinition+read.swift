import Records
import Settings

extension PanelDefinition {
    /// Reads a panel's fields; the mistakes go to the fields' report.
    init(reading fields: JSONFields) {
        let kind = fields.requiredText("kind", expected: oneOf(PanelContent.kinds))
        let isText = kind == "text"
        self.init(
            title: fields.requiredText("title"),
            description: fields.text("description") ?? "",
            table: isText ? "" : fields.requiredText("table", expected: "the id of one of the plugin's tables"),
            conditions: isText ? [] : fields.objects("where", atMost: DashboardLimits.conditions).compactMap(condition),
            width: fields.choice("width", of: PanelWidth.self),
            unit: isText ? "" : fields.text("unit") ?? "",
            decimals: isText ? nil : fields.integer("decimals", in: 0...9),
            content: .text(""))
        content = readContent(kind: kind, fields)
    }
}

private func readContent(kind: String, _ fields: JSONFields) -> PanelContent {
    switch kind {
    case "number":
        return .number(measure(fields, column: "column", default: nil))
    case "table":
        return .table(
            columns: fields.texts("columns", atMost: DashboardLimits.columns),
            sort: sort(fields), limit: limit(fields, default: 50))
    case "tiles":
        return .tiles(tiles(fields))
    case "line":
        return .line(chart(fields, value: "y", limit: 500))
    case "bar":
        return .bar(chart(fields, value: "y", limit: 50))
    case "histogram":
        return .histogram(
            column: column(fields, "column"), bins: fields.integer("bins", in: 2...DashboardLimits.bins) ?? 10)
    case "heatmap":
        let row = column(fields, "y")
        return .heatmap(chart(fields, value: "value", limit: 60), rowColumn: row)
    case "text":
        return .text(fields.requiredText("text"))
    default:
        if !kind.isEmpty {
            let suggestion = nearest(to: kind, in: PanelContent.kinds).map { "; did you mean \($0)?" } ?? ""
            fields.problem("kind", found: "\"\(kind)\"", expected: oneOf(PanelContent.kinds) + suggestion)
        }
        return .text("")
    }
}

private func column(_ fields: JSONFields, _ name: String) -> String {
    fields.requiredText(name, expected: "a column's name")
}

/// `count` needs no column; everything else does. Without a `measure` it is `fallback`, or a mistake if that is nil.
private func measure(_ fields: JSONFields, column name: String, default fallback: Measure.Function?) -> Measure {
    let column = fields.text(name)
    var function = fields.choice("measure", of: Measure.Function.self)
    if function == nil {
        if !fields.has("measure"), fallback == nil {
            fields.missing("measure", expected: oneOf(Measure.Function.allCases.map(\.rawValue)))
        }
        function = fallback ?? .count
    }
    if column == nil, function != .count { fields.missing(name, expected: "a column's name, or the measure count") }
    return Measure(function ?? .count, of: column)
}

private func chart(_ fields: JSONFields, value: String, limit default: Int) -> Chart {
    let isHeatmap = value == "value"
    return Chart(
        x: column(fields, "x"),
        measure: measure(fields, column: value, default: .sum),
        series: isHeatmap ? nil : fields.text("series"),
        bucket: fields.choice("bucket", of: TimeBucket.self),
        order: isHeatmap ? .x : fields.choice("order", of: Chart.Order.self) ?? .x,
        limit: limit(fields, default: `default`))
}

private func limit(_ fields: JSONFields, default fallback: Int) -> Int {
    fields.integer("limit", in: 1...DashboardLimits.rows) ?? fallback
}

private func sort(_ fields: JSONFields) -> Sort? { fields.object("sort").map(sort(in:)) }

private func sort(in fields: JSONFields) -> Sort {
    let result = Sort(
        column: column(fields, "column"), descending: fields.boolean("descending") ?? false,
        then: fields.object("then").map { [sort(in: $0)] } ?? [])
    fields.finish()
    return result
}

private func tiles(_ fields: JSONFields) -> Tiles {
    Tiles(
        name: column(fields, "name"),
        value: fields.text("value"),
        status: fields.object("status").map(status),
        details: fields.texts("details", atMost: DashboardLimits.columns),
        sort: sort(fields),
        limit: limit(fields, default: 200))
}

private func status(_ fields: JSONFields) -> Status {
    let levels = fields.objects("levels", atMost: DashboardLimits.levels).map { level in
        let result = Status.Level(
            comparison(level, required: false),
            word: level.requiredText("word", expected: "a word for people"),
            tone: level.choice("tone", of: Tone.self) ?? .quiet)
        if !level.has("tone") { level.missing("tone", expected: oneOf(Tone.allCases.map(\.rawValue))) }
        level.finish()
        return result
    }
    if levels.isEmpty { fields.missing("levels", expected: "an array of at least one level") }
    let status = Status(column: column(fields, "column"), levels: levels)
    fields.finish()
    return status
}

private func condition(_ fields: JSONFields) -> Condition? {
    let column = column(fields, "column")
    let comparison = comparison(fields, required: true)
    fields.finish()
    return comparison.map { Condition(column: column, $0) }
}

private func comparison(_ fields: JSONFields, required: Bool) -> Comparison? {
    let given = Comparison.names.filter(fields.has)
    let result: Comparison? =
        literal(fields, "is").map(Comparison.is) ?? literal(fields, "isNot").map(Comparison.isNot)
        ?? fields.number("below").map(Comparison.below) ?? fields.number("atMost").map(Comparison.atMost)
        ?? fields.number("above").map(Comparison.above) ?? fields.number("atLeast").map(Comparison.atLeast)
    Comparison.names.forEach { _ = fields.literal($0) }
    if given.count > 1 {
        fields.problem(given[1], found: "a second comparison beside \(given[0])", expected: "one comparison")
    } else if given.isEmpty, required {
        fields.missing("is", expected: "a comparison: " + oneOf(Comparison.names))
    }
    return result
}

private func literal(_ fields: JSONFields, _ name: String) -> Cell? {
    switch fields.literal(name) {
    case nil: return nil
    case .null: return .null
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .text(let value): return .text(value)
    case .some(let other):
        fields.problem(name, found: other.found, expected: "a text, a number, true, false or null")
        return nil
    }
}
