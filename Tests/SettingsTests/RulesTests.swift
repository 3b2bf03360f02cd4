import Settings
import Testing

@Suite struct RulesTests {
    private func rules(_ texts: String...) throws -> Rules {
        var rules = Rules()
        for (index, text) in texts.enumerated() { try rules.add(text, file: "\(index + 1).pmss") }
        return rules
    }

    private func value(
        _ text: String..., types: Set<String> = ["a"], classes: Set<String> = [], attributes: [String: String] = [:]
    ) throws -> String? {
        var rules = Rules()
        for (index, text) in text.enumerated() { try rules.add(text, file: "\(index + 1).pmss") }
        return rules.value(of: "p", RuleQuestion(types: types, classes: classes, attributes: attributes))?.value
    }

    @Test func aRuleHoldsWhereAllOfItsSelectorDoes() throws {
        #expect(try value("a { p: 1; }") == "1")
        #expect(try value("b { p: 1; }") == nil)
        #expect(try value("a b { p: 1; }") == nil)
        #expect(try value("b a { p: 1; }", types: ["a", "b", "c"]) == "1")
        #expect(try value("a.c { p: 1; }", classes: ["c"]) == "1")
        #expect(try value("a .c { p: 1; }") == nil)
        #expect(try value("* { p: 1; }") == "1")
        #expect(try value("a[d] { p: 1; }", attributes: ["d": "x"]) == "1")
        #expect(try value("a[d] { p: 1; }") == nil)
        #expect(try value("") == nil)
    }

    @Test(arguments: [#"a[d="x.org"]"#, "a[d='x.org']", "a[d=x.org]", "a [ d = x.org ]", "[d=x.org]a"])
    func anAttributesValueMayStandInQuotesOrNot(selector: String) throws {
        #expect(try value("\(selector) { p: 1; }", attributes: ["d": "x.org"]) == "1")
        #expect(try value("\(selector) { p: 1; }", attributes: ["d": "y.org"]) == nil)
    }

    @Test func commasSeparateAlternatives() throws {
        #expect(try value("a, b { p: 1; }") == "1")
        #expect(try value("c, b { p: 1; }") == nil)
    }

    @Test func aRuleWithinAnotherHoldsWhereBothDo() throws {
        let text = "a { p: 1; b { p: 2; } [d=x] { p: 3; } }"
        #expect(try value(text) == "1")
        #expect(try value(text, types: ["a", "b"]) == "2")
        #expect(try value(text, types: ["b"], attributes: ["d": "x"]) == nil)
        #expect(try value(text, types: ["a", "b"], attributes: ["d": "x"]) == "3")
    }

    @Test func theMostSpecificRuleCounts() throws {
        let types = (1...11).map { "t\($0)" }
        // Any number of types counts less than one attribute.
        let text = "[d=x] { p: attribute; } \(types.joined(separator: " ")) { p: types; }"
        #expect(try value(text, types: Set(types), attributes: ["d": "x"]) == "attribute")
        #expect(try value("a[d][e] { p: 2; } a[d] { p: 1; }", attributes: ["d": "", "e": ""]) == "2")
    }

    @Test func ofEqualRulesTheLastCountsAlsoInALaterFile() throws {
        #expect(try value("a { p: 1; } a { p: 2; }") == "2")
        #expect(try value("a { p: 1; p: 2; }") == "2")
        #expect(try value("a { p: base; }", "a { p: overlay; }") == "overlay")
        #expect(try value("a[d] { p: base; }", "a { p: overlay; }", attributes: ["d": "x"]) == "base")
    }

    @Test(arguments: [
        ("p: http://x.org/a; q: b;", "http://x.org/a"), ("p:   two words  ;", "two words"), ("p: 'a; b';", "a; b"),
        (#"p: "}";"#, "}"), (#"p: 'it\'s';"#, "it's"), ("p: ;", ""), ("p: a /* b */ c;", "a  c"), ("p: a:b;", "a:b"),
        ("p: x // y;", "x // y"),
    ])
    func aValueIsWhatStandsThere(declarations: String, expected: String) throws {
        #expect(try value("a { \(declarations) }") == expected)
    }

    @Test func theLastValueNeedsNoSemicolon() throws {
        #expect(try value("a { q: 1; p: 2 }") == "2")
        #expect(try value("a { p: 2\n}\nb { p: 3; }") == "2")
    }

    @Test func commentsAreSkipped() throws {
        #expect(try value("// a { p: 1; }\n/* a { p: 2;\n} */ a /* x */ { // y }\n p /**/ : 3; }") == "3")
    }

    @Test(arguments: [
        ("a { p: 1\n q: 2; }", #"f.pmss:2:2: expected ";" after the value of p, found “q: 2; }”"#),
        ("a { p: 1;", #"f.pmss:1:10: expected "}" at the end of the rule, found the end of the file"#),
        ("a { p: { } }", #"f.pmss:1:8: expected ";" after the value, or quotes around it, found “{ } }”"#),
        ("a > b { p: 1; }", #"f.pmss:1:3: expected a type, class or attribute, or "{", found “> b { p: 1; }”"#),
        ("a:hover { }", #"f.pmss:1:2: expected a type, class or attribute, or "{", found “:hover { }”"#),
        ("#id { }", "f.pmss:1:1: expected a type, .class, [attribute] or *, found “#id { }”"),
        ("a, { }", "f.pmss:1:4: expected a type, .class, [attribute] or *, found “{ }”"),
        ("a[d~=x] { }", #"f.pmss:1:4: expected = or "]", found “~=x] { }”"#),
        (
            "a[d=] { }",
            "f.pmss:1:5: expected a value, in quotes if it has other characters than letters, digits and _-.@+:/, found “] { }”"
        ),
        ("é\n  a { p: 'x; }", "f.pmss:1:1: expected a type, .class, [attribute] or *, found “é”"),
        ("\n  a { p: 'x; }", "f.pmss:2:10: expected a closing quote, found “'x; }”"),
        ("a { } /* x", #"f.pmss:1:7: expected "*/" at the end of the comment, found “/* x”"#),
    ])
    func aMistakeIsNamedWithItsPlace(text: String, expected: String) {
        var rules = Rules()
        let error = #expect(throws: RuleError.self) { try rules.add(text, file: "f.pmss") }
        #expect(error?.description == expected)
    }

    @Test func whatCantBeReadLeavesNothingBehind() throws {
        var rules = try rules("a { p: 1; }")
        #expect(throws: RuleError.self) { try rules.add("a { p: 2; } }", file: "2.pmss") }
        #expect(rules.value(of: "p", RuleQuestion(types: ["a"]))?.value == "1")
        try rules.add("a { p: 3; }", file: "3.pmss")
        #expect(rules.value(of: "p", RuleQuestion(types: ["a"]))?.place.description == "3.pmss:1:5")
    }

    @Test func noInputMakesTheParserTrapOrHang() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "a", "{", "}", ":", ";", "[", "]", "=", "\"", "'", ",", ".", "*", "/*", "*/", "//", "\n", "\\", " ", "é",
            "p",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                pieces.randomElement(using: &generator)!
            }.joined()
            var rules = Rules()
            do { try rules.add(text, file: "f") } catch { #expect(error.place.line >= 1, "\(text)") }
        }
        var deep = Rules()
        #expect(throws: RuleError.self) { try deep.add(String(repeating: "a {", count: 10_000), file: "f") }
    }
}
