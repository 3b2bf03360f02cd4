import PluginHost
import Testing

@Suite struct `An expression of a column` {
    @Test func `is a call over columns and constants`() throws {
        #expect(
            try ColumnExpression("forgetting(average_score, 3)")
                == .call("forgetting", [.column("average_score"), .constant(.integer(3))]))
        #expect(
            try ColumnExpression(" f ( -2.5,1e3, true ,false) ")
                == .call(
                    "f",
                    [
                        .constant(.number(-2.5)), .constant(.number(1000)), .constant(.boolean(true)),
                        .constant(.boolean(false)),
                    ]))
    }

    @Test func `has texts in single quotes and odd columns in double ones`() throws {
        #expect(
            try ColumnExpression(#"f('it''s', "a column, with 1")"#)
                == .call("f", [.constant(.text("it's")), .column("a column, with 1")]))
    }

    @Test func `may hold other calls`() throws {
        #expect(
            try ColumnExpression("level(forgetting(score, days()))")
                == .call("level", [.call("forgetting", [.column("score"), .call("days", [])])]))
    }

    @Test(arguments: [
        ("", "a column, a constant or a call", "its end of “”"),
        ("score", "a call of a function, such as name(column, 3)", "its end of “score”"),
        ("3", "a call of a function, such as name(column, 3)", "its end of “3”"),
        ("f(a", "`,` or `)`", "its end of “f(a”"),
        ("f(a b)", "`,` or `)`", "“b)” at character 5 of “f(a b)”"),
        ("f(a,)", "a column, a constant or a call", "“)” at character 5 of “f(a,)”"),
        ("f(1x)", "a number", "“1x)” at character 3 of “f(1x)”"),
        ("f('a)", "a text that ends with '", "“'a)” at character 3 of “f('a)”"),
        ("f(a) + 1", "nothing after the call", "“+ 1” at character 6 of “f(a) + 1”"),
        ("f(ä)", "a column, a constant or a call", "“ä)” at character 3 of “f(ä)”"),
    ])
    func `is refused with what stands where`(text: String, expected: String, found: String) {
        #expect(throws: ColumnExpressionError(expected: expected, found: found)) { try ColumnExpression(text) }
    }
}
