package import Settings

/// The rules of the section `alerts`.
package struct AlertRules: Sendable {
    package static let limit = 256

    package var rules: [AlertRule]
    /// `every`: from one look to the next.
    package var interval = Duration.seconds(5)
    /// `limit`: alerts of one rule that may fire at once; what is beyond them fires when others end.
    package var alertsOfRule = 1000

    /// Reads what the section says of rules:
    ///
    ///     alerts:
    ///       every: 5s
    ///       presets: [lag, failures, plugins, stores, outputs, ready, memory, disk]
    ///       rules:
    ///         - {name: slow, figure: lag_seconds, above: 5, for: 30s}
    ///         - name: forgetting
    ///           table: memory-score/memory_scores
    ///           when: {field: revision_urgency, equals: high}
    ///           for: 10m
    ///
    /// Notes every mistake.
    package init(_ reader: SettingsReader) {
        interval = reader.duration("every", default: interval, in: .milliseconds(100) ... .seconds(3600))
        alertsOfRule = reader.integer("limit", default: alertsOfRule, in: 1...100_000)
        rules = reader.items("rules").compactMap(Self.rule)
        let presets = AlertRule.presets
        for preset in RuleNames.presets(presets, name: \.name, default: presets.map(\.name), in: reader)
        // A rule of one's own in its place.
        where !rules.contains(where: { $0.name == preset.name }) { rules.append(preset) }
        RuleNames.check(rules.map(\.name), limit: Self.limit, in: reader)
    }

    private static func rule(_ reader: SettingsReader) -> AlertRule? {
        defer { reader.finish() }
        let name = FilterRules.name("name", in: reader)
        let hold = reader.duration("for", default: .zero, in: .zero ... .seconds(7 * 86_400)).microseconds
        guard reader.has("figure") != reader.has("table") else {
            reader.problem(
                "figure", found: reader.has("table") ? "figure and table" : "neither figure nor table",
                expected: "one of them")
            for key in ["when", "above", "below"] { _ = reader.has(key) }
            return nil
        }
        if reader.has("table") {
            guard let when = FilterRules.condition(of: reader) else {
                reader.problem("when", found: "nothing", expected: "a condition on the table's columns")
                return nil
            }
            let parts = reader.string("table").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts.contains("") else {
                reader.problem(
                    "table", found: "“\(parts.joined(separator: "/"))”",
                    expected: "PLUGIN/TABLE, such as quiz-analytics/learners")
                return nil
            }
            return AlertRule(name, .table(plugin: parts[0], table: parts[1]), when: when, hold: hold)
        }
        let figure: AlertFigure = reader.choice("figure")
        let limits = -1e15...1e15
        let tests: [FilterTest] =
            (reader.has("above") ? [.above(reader.number("above", default: 0, in: limits))] : [])
            + (reader.has("below") ? [.below(reader.number("below", default: 0, in: limits))] : [])
        if tests.isEmpty, !figure.isState {
            reader.problem("above", found: "nothing", expected: "above or below, a number")
        }
        let conditions = (tests.isEmpty ? [FilterTest.above(0)] : tests).map {
            FilterCondition.test(field: AlertRule.value, $0)
        }
        return AlertRule(name, .figure(figure), when: .all(conditions), hold: hold)
    }
}
