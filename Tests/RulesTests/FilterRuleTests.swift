import Rules
import Testing

@Suite("Filter rules")
struct FilterRuleTests {
    @Test("all of them are asked, and each leaves its own")
    func all() throws {
        let asked = try Asked(
            """
            rules:
              - {name: a, action: allow}
              - {name: b, when: {field: x, equals: 2}, action: allow}
              - {name: c, when: {field: x, equals: 1}, action: route, route: [p, q]}
              - {name: d, action: allow, mark: seen}
            """, #"{"x":1}"#)
        #expect(asked.outcome == .matched)
        #expect(asked.patch == #"{"server":{"filters":{"marks":["a","seen"],"routes":["p","q"]}}}"#)
        #expect(asked.program.counts.map(\.matched) == [1, 0, 1, 1])
    }

    @Test("the first that matches decides, where the set says so")
    func first() throws {
        let asked = try Asked(
            """
            mode: first
            rules:
              - {name: a, when: {field: x, equals: 2}, action: block}
              - {name: b, when: {field: x, equals: 1}, action: allow}
              - {name: c, action: block}
            """, #"{"x":1}"#)
        #expect(asked.outcome == .matched)
        #expect(asked.patch == #"{"server":{"filters":{"marks":["b"]}}}"#)
        #expect(asked.program.counts.map(\.matched) == [0, 1, 0])
    }

    @Test("a rule that blocks ends the asking, and nothing is left of the rules before")
    func block() throws {
        let asked = try Asked(
            "rules: [{name: a, action: allow}, {name: b, action: block}, {name: c, action: allow}]", "{}")
        #expect(asked.outcome == .blocked)
        #expect(asked.program.counts.map(\.matched) == [1, 1, 0])
        #expect(asked.program.counts[1].blocked == 1)
    }

    @Test("rules are about the types that they name")
    func types() throws {
        let yaml = "rules: [{name: a, events: [t, u], action: block}]"
        #expect(try Asked(yaml, "{}", type: "u").outcome == .blocked)
        #expect(try Asked(yaml, "{}", type: "v").outcome == .untouched)
    }

    @Test(
        "what follows where a rule can't be evaluated is its own choice",
        arguments: [
            ("allow", FilterProgram.Outcome.matched), ("block", .blocked), ("dead_letter", .failed),
        ])
    func onError(choice: String, outcome: FilterProgram.Outcome) throws {
        let text = String(repeating: "a", count: 5_000)
        let asked = try Asked(
            """
            steps: 1000
            rules:
              - {name: a, when: {field: x, matches: "^(a|aa)+$"}, action: allow, on_error: \(choice)}
              - {name: b, action: allow}
            """, #"{"x":"\#(text)"}"#)
        #expect(asked.outcome == outcome)
        #expect(asked.program.counts[0].errors == 1)
        if outcome == .failed { #expect(asked.program.reason.contains("1000 steps")) }
    }

    @Test("an error does not matter where the rest of the condition decides")
    func decided() throws {
        let text = String(repeating: "a", count: 5_000)
        let asked = try Asked(
            """
            steps: 1000
            rules:
              - name: a
                when: {any: [{field: x, matches: "^(a|aa)+$"}, {field: y, equals: 1}]}
                action: allow
                on_error: block
            """, #"{"x":"\#(text)","y":1}"#)
        #expect(asked.outcome == .matched)
        #expect(asked.program.counts[0].errors == 0)
    }

    @Test("fields are set, removed and renamed; the last that was said counts")
    func transform() throws {
        let asked = try Asked(
            """
            rules:
              - {name: a, action: transform, set: {a: 1, b.c: [1, "x"], d: true}, remove: [e]}
              - {name: b, action: transform, set: {a: two}, rename: {f: g.h, missing: i}}
            """, #"{"f":{"k":"v"}}"#)
        #expect(asked.patch == #"{"a":"two","b":{"c":[1,"x"]},"d":true,"e":null,"f":null,"g":{"h":{"k":"v"}}}"#)
    }

    @Test("what the log records of a set is read as the same set")
    func recorded() throws {
        let yaml = """
            mode: first
            steps: 5000
            presets: [rapid-fire, high-value, bots, perfect-score, new-users]
            rules:
              - name: a
                events: [x, "y\\u0085z"]
                when:
                  - {field: p.q, in: [1, 2.5, true, "3", "a\\"b\\\\c\\x7f\\u2028\\n"]}
                  - {not: {any: [{field: r, between: [-1, 1e30]}, {field: "é", contains: "😀"}]}}
                  - {all: [{field: s, exists: false}, {field: t, is_null: true}, {field: u, differs: no}]}
                  - {any: [{field: v, below: 1}, {field: v, at_most: 1}, {field: v, above: 1}, {field: v, at_least: 1}]}
                  - {field: w, matches: "(?i)^[^\\"]\\\\d$"}
                action: transform
                set: {a.b: {c: [1, {d: e}]}, f: "null"}
                remove: [g]
                rename: {h: i}
                on_error: dead_letter
              - {name: b, action: route, route: [x, y], on_error: block}
            """
        let rules = try Asked(yaml, "{}").program.rules
        let again = try FilterRules(recorded: rules.json, at: "the log")
        #expect(again == rules)
        #expect(again.json == rules.json)
        #expect(rules.rules.count == 7)
    }
}
