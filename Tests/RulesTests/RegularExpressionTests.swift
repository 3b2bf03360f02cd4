import Rules
import Testing

@Suite("Regular expressions")
struct RegularExpressionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let pattern: String
        let yes: [String]
        let no: [String]
        var testDescription: String { pattern }
    }

    static let cases = [
        Case(pattern: "bot", yes: ["bot", "a robot", "botany"], no: ["", "bo", "b ot"]),
        Case(pattern: "^bot$", yes: ["bot"], no: ["bots", "a bot", "bot\n"]),
        Case(pattern: "a|bc|", yes: ["", "x", "bc"], no: []),
        Case(pattern: "^(a|bc)+$", yes: ["a", "bc", "abcbca"], no: ["", "b", "abcb"]),
        Case(pattern: "^a{2,3}$", yes: ["aa", "aaa"], no: ["a", "aaaa", ""]),
        Case(pattern: "^a{2}$", yes: ["aa"], no: ["a", "aaa"]),
        Case(pattern: "^a{2,}b??$", yes: ["aa", "aaaaab"], no: ["a", "ab"]),
        Case(pattern: "^a{0,1}$", yes: ["", "a"], no: ["aa"]),
        Case(pattern: "^[a-c_-]+$", yes: ["abc", "a-_"], no: ["d", "A", ""]),
        Case(pattern: "^[^a-c]$", yes: ["d", "é", "😀"], no: ["a", "dd"]),
        Case(pattern: "^[]a]$", yes: ["]", "a"], no: ["b"]),
        Case(pattern: "^.$", yes: ["é", "😀", "a"], no: ["", "\n", "ab"]),
        Case(pattern: #"^\d+\.\d$"#, yes: ["12.3"], no: ["12x3", ".3"]),
        Case(pattern: #"^[\d\s]+\S\D\W$"#, yes: ["1 2a!?"], no: ["a"]),
        Case(pattern: #"\bcat\b"#, yes: ["a cat.", "cat", "a cat"], no: ["cats", "scat", "_cat"]),
        Case(pattern: #"\Bat"#, yes: ["cat"], no: ["at", "an at"]),
        Case(pattern: "(?i)straße|HÉ", yes: ["STRAßE", "hé", "Hé"], no: ["strase", "he"]),
        Case(pattern: #"^\x41\t\\\*$"#, yes: ["A\t\\*"], no: ["A"]),
        Case(pattern: "(?:a(b(c)?)?)$", yes: ["abc", "xab", "a"], no: ["b", ""]),
        Case(pattern: "^(a*)*$", yes: ["", "aaa"], no: ["b"]),
        Case(pattern: "^(((){1000}){1000}){1000}a$", yes: ["a"], no: [""]),
        Case(pattern: "x*", yes: ["", "abc"], no: []),
        Case(pattern: "éa", yes: ["ééa"], no: ["é", "a"]),
    ]

    @Test("find what they say", arguments: cases)
    func match(of: Case) throws {
        let expression = try RegularExpression(of.pattern)
        for text in of.yes { #expect(expression.matches(text) == true, "\(text)") }
        for text in of.no { #expect(expression.matches(text) == false, "\(text)") }
    }

    @Test(
        "say what is wrong with them",
        arguments: [
            "(a", "a)", "[a", "*a", "a**", "a{", "a{2", "a{3,2}", "a{1001}", #"\"#, #"\1"#, #"\p{L}"#, "(?=a)",
            "(?<n>a)",
            "[b-a]", #"[\D]"#, "^*", #"\x4"#, "((((a{100}){100}){100}){100})",
        ])
    func refused(pattern: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    }

    @Test("take as many steps as the text is long, where others take two to that power")
    func catastrophic() throws {
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
            let expression = try RegularExpression(pattern)
            let text = String(repeating: pattern.hasPrefix("(x") ? "x" : "a", count: 5_000) + "!"
            #expect(expression.matches(text, steps: 500_000) == false, "\(pattern)")
        }
    }

    @Test("end when their steps are used up")
    func limited() throws {
        let expression = try RegularExpression("^(a|aa)+$")
        #expect(expression.matches(String(repeating: "a", count: 5_000), steps: 1_000) == nil)
    }
}
