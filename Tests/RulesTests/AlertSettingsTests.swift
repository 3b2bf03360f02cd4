import Rules
import Settings
import Testing

@Suite("Alert rules in settings")
struct AlertSettingsTests {
    private func read(_ yaml: String) throws -> AlertRules {
        try Settings(yaml: yaml, file: "alerts.yaml").validate { reader in
            let rules = AlertRules(reader)
            reader.finish()
            return rules
        }
    }

    @Test("without any, the presets hold; one of the same name takes a preset's place")
    func presets() throws {
        let usual = try Settings().validate { AlertRules($0) }
        #expect(usual.rules == AlertRule.presets)
        let own = try read("rules: [{name: lag, figure: lag_seconds, above: 3}]")
        #expect(own.rules.count == AlertRule.presets.count)
        #expect(own.rules[0].hold == 0)
        #expect(try read("presets: []").rules.isEmpty)
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("presets: [lags]", "alerts.yaml:1, presets: found “lags”, expected some of lag, failures"),
            ("rules: [{name: a}]", "rules.0.figure: found neither figure nor table"),
            ("rules: [{name: a, figure: lag_seconds, table: p/t}]", "rules.0.figure: found figure and table"),
            ("rules: [{name: a, figure: lag_seconds}]", "rules.0.above: found nothing, expected above or below"),
            (
                "rules: [{name: a, figure: lags, above: 1}]",
                "rules.0.figure: found \"lags\", expected one of lag_seconds"
            ),
            (
                "rules: [{name: a, table: t, when: {field: x, above: 1}}]",
                "rules.0.table: found “t”, expected PLUGIN/TABLE"
            ),
            ("rules: [{name: a, table: p/t}]", "rules.0.when: found nothing"),
            (
                "rules: [{name: a, figure: plugin_away, when: {field: x, above: 1}}]",
                "rules.0.when: found an unknown key"
            ),
            ("rules: [{name: a b, figure: plugin_away}]", "rules.0.name: found “a b”"),
            (
                "rules: [{name: a, figure: plugin_away}, {name: a, figure: store_away}]",
                "found the name “a” twice"
            ),
        ])
    func mistakes(_ yaml: String, _ message: String) {
        #expect {
            _ = try read(yaml)
        } throws: {
            "\($0)".contains(message)
        }
    }

    @Test(
        "conditions are those of filter rules, asked of columns",
        arguments: [
            ("{field: score, below: 50}", true), ("{field: score, above: 50}", false),
            ("[{field: name, matches: \"^a\"}, {field: on, equals: true}]", true),
            ("{field: gone, above: 0}", false), ("{not: {field: gone, above: 0}}", false),
            ("{field: gone, is_null: true}", true), ("{field: count, in: [3, 4]}", true),
        ])
    func conditions(_ when: String, _ expected: Bool) throws {
        let rules = try read("presets: []\nrules: [{name: a, table: p/t, when: \(when)}]")
        let condition = AlertCondition(rules.rules[0])
        let row: [String: SettingsScalar] = [
            "score": .number(49.5), "name": .text("ada"), "on": .boolean(true), "count": .integer(3),
        ]
        #expect(condition.holds(condition.names.map { row[$0] }) == expected)
    }
}
