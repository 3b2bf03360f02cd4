import Rules
import Settings
import Testing

@Suite("Mistakes in filter rules")
struct FilterSettingsTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        let yaml: String
        let message: String
        var testDescription: String { message }
    }

    private static func rule(_ rest: String) -> String { "rules:\n  - name: a\n    \(rest)" }

    static let mistakes = [
        Mistake(yaml: "mode: any", message: "rules.yaml:1, mode: found \"any\", expected one of all, first"),
        Mistake(yaml: "rules: {a: b}", message: "rules.yaml:1, rules: found a mapping of 1, expected a list"),
        Mistake(
            yaml: "presets: [bot]", message: "expected some of rapid-fire, high-value, bots, perfect-score, new-users"),
        Mistake(yaml: rule("action: drop"), message: "rules.yaml:3, rules.0.action: found \"drop\""),
        Mistake(yaml: "rules: [{action: block}]", message: "rules.0.name: found nothing, expected a text"),
        Mistake(yaml: "rules: [{name: a b, action: block}]", message: "rules.0.name: found “a b”"),
        Mistake(yaml: rule("mark: x"), message: "rules.0.action: found nothing"),
        Mistake(
            yaml: "rules: [{name: a, action: block}, {name: a, action: allow}]", message: "found the name “a” twice"),
        Mistake(yaml: rule("when: {field: x}\n    action: block"), message: "found nothing beside the field"),
        Mistake(
            yaml: rule("when: {field: x, equals: 1, above: 2}\n    action: block"), message: "found equals and above"),
        Mistake(yaml: rule("when: {field: x, eqals: 1}\n    action: block"), message: "Did you mean `equals`?"),
        Mistake(yaml: rule("when: {field: x.., equals: 1}\n    action: block"), message: "expected a field"),
        Mistake(yaml: rule("when: {above: 2}\n    action: block"), message: "expected one of field, all, any, not"),
        Mistake(yaml: rule("when: {all: []}\n    action: block"), message: "found an empty list"),
        Mistake(yaml: rule("when: {field: x, above: y}\n    action: block"), message: "expected a number"),
        Mistake(yaml: rule("when: {field: x, between: [2, 1]}\n    action: block"), message: "expected [LOW, HIGH]"),
        Mistake(yaml: rule("when: {field: x, in: []}\n    action: block"), message: "expected a list of a text"),
        Mistake(
            yaml: rule("when: {field: x, matches: \"(a\"}\n    action: block"),
            message: "rules.yaml:3, rules.0.when.matches: found the end, at character 3 of the expression, expected “)”"
        ),
        Mistake(yaml: rule("action: transform"), message: "found transform without a change"),
        Mistake(yaml: rule("action: transform\n    set: {auth.user_id: x}"), message: "the field auth.user_id"),
        Mistake(
            yaml: rule("action: transform\n    rename: {a: a.b}"), message: "expected a field that neither holds it"),
        Mistake(yaml: rule("action: block\n    mark: x"), message: "rules.0.mark: found an unknown key"),
        Mistake(yaml: rule("action: block\n    on_error: ignore"), message: "one of allow, block, dead_letter"),
    ]

    @Test("are said with their place, what was found and what was expected", arguments: mistakes)
    func said(mistake: Mistake) throws {
        let error = #expect(throws: SettingsError.self) {
            try Settings(yaml: mistake.yaml, file: "rules.yaml").validate { _ = FilterRules($0) }
        }
        #expect("\(try #require(error))".contains(mistake.message), "\(error!)")
    }

    @Test("a file of rules and rules beside it contradict each other")
    func twice() throws {
        let settings = try Settings(yaml: "file: a.yaml\nmode: first", file: "lectern.yaml")
        let error = #expect(throws: SettingsError.self) { try settings.validate { _ = FilterConfiguration($0) } }
        #expect("\(try #require(error))".contains("rules beside the file a.yaml"))
    }

    @Test("settings are shown so that they can be read again")
    func shown() throws {
        let yaml = "rules: [{name: a, when: {field: x, equals: 1}, action: block}]"
        let shown = try Settings(yaml: yaml, file: "rules.yaml").list { _ = FilterRules($0) }
        let rules = try #require(shown.first { $0.path == "rules" })
        #expect(!shown.contains { $0.path.hasPrefix("rules.") })
        let again = try Settings(yaml: "rules: \(rules.value)", file: "again").validate { FilterRules($0) }
        #expect(try again == Settings(yaml: yaml, file: "rules.yaml").validate { FilterRules($0) })
    }
}
