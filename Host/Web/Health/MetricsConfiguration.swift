package import PluginHost
package import Settings

/// The section `metrics`: figures for `/metrics` that are made of plugins' tables.
///
///     metrics:
///       tables:
///         lectern_quiz_failure_ratio:                 # the figure's name; a counter's ends in _total
///           help: Share of quizzes that were failed.
///           table: quiz-analytics/module_performance  # PLUGIN/TABLE
///           sum: failure_count                        # the sum of a column
///           per: attempts                             # divided by that of another
///         lectern_forgetting_risk_ratio:
///           help: Share of learners with an urgent revision.
///           table: memory-score/memory_scores
///           distinct: user_id                         # how many different values; or `rows: true`, how many rows
///           where: {revision_urgency: high}           # of the rows that have this value in this column
///           share: true                               # divided by the same of all rows
///         lectern_events_consumed_total:
///           help: Events by type.
///           table: realtime-metrics/event_types
///           sum: events
///           by: event_type                            # one series for each value of this column
///
/// Values of the column `by` become labels: never name one that identifies students, or that they can write as they like.
package struct MetricsConfiguration: Sendable {
    /// `tables`, by name.
    package var tables: [TableMetric] = []
    /// `series`: those of one figure with `by`, at most. All further values come together as `other`.
    package var series = 100

    package init() {}

    /// Reads the section. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        series = reader.integer("series", default: series, in: 1...10_000)
        let sections = reader.section("tables")
        for (name, section) in sections.sections() {
            if !Self.isName(name) {
                sections.problem(
                    name, found: "a figure “\(name)”",
                    expected: "a name of small letters, digits and underscores that begins with lectern_")
            }
            if let metric = Self.metric(name, section) { tables.append(metric) }
        }
        reader.finish()
    }

    /// The figures that these plugins' tables can't give, a sentence each.
    ///
    /// - Parameter added: the columns that the operator adds to tables.
    package func problems(with plugins: [PluginDescription], added: TablesConfiguration) -> [String] {
        tables.compactMap { metric in
            let place = "metrics.tables.\(metric.name)"
            guard let plugin = plugins.first(where: { $0.id == metric.table.plugin }) else {
                return "\(place): there is no plugin \(metric.table.plugin)"
            }
            guard let table = plugin.tables.first(where: { $0.id == metric.table.table }) else {
                let names = plugin.tables.map(\.id).joined(separator: ", ")
                return "\(place): \(plugin.id) has no table \(metric.table.table), but \(names)"
            }
            let columns = table.columns.map(\.name) + (added.columns[metric.table] ?? []).map(\.name)
            guard let missing = metric.columns.first(where: { !columns.contains($0) }) else { return nil }
            return "\(place): \(metric.table) has no column \(missing), but \(columns.joined(separator: ", "))"
        }
    }

    private static func metric(_ name: String, _ section: SettingsReader) -> TableMetric? {
        let help = section.string("help")
        let table = section.string("table")
        let parts = table.split(separator: "/", omittingEmptySubsequences: false)
        if !table.isEmpty, parts.count != 2 || parts.contains("") {
            section.problem("table", found: "“\(table)”", expected: "PLUGIN/TABLE, such as quiz-analytics/learners")
        }
        let sum = section.string("sum", default: nil)
        let distinct = section.string("distinct", default: nil)
        let rows = section.has("rows") && section.boolean("rows", default: false)
        if [sum != nil, distinct != nil, rows].count(where: { $0 }) != 1 {
            section.problem("sum", found: "none or several of sum, distinct and rows", expected: "one of them")
        }
        let per = section.string("per", default: nil)
        if per != nil, sum == nil {
            section.problem("per", found: "per without sum", expected: "a column to sum up and one to divide by")
        }
        let values = section.section("where")
        let conditions = values.keys.map { (column: $0, value: values.string($0)) }
        values.finish()
        let isShare = section.boolean("share", default: false)
        if isShare, conditions.isEmpty || per != nil {
            section.problem(
                "share", found: per != nil ? "share and per" : "share of all rows",
                expected: "`where`, which says of which rows, and no `per`")
        }
        let by = section.string("by", default: nil)
        section.finish()
        guard parts.count == 2 else { return nil }
        let measure =
            sum.map { Measure(.sum, of: $0) } ?? distinct.map { Measure(.distinct, of: $0) } ?? Measure(.count)
        return TableMetric(
            name: name, help: help, table: TableID(plugin: String(parts[0]), table: String(parts[1])),
            measure: measure, conditions: conditions.map { TableMetric.Condition(column: $0.column, value: $0.value) },
            divisor: per.map(TableMetric.Divisor.sum) ?? (isShare ? .all : .one), by: by)
    }

    private static func isName(_ name: String) -> Bool {
        name.hasPrefix("lectern_") && name.utf8.count <= 100
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }
}
