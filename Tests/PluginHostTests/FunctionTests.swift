import Foundation
import PluginHost
import Testing

@Suite struct `Functions of a plugin in C` {
    private let functions: [FunctionComponent]

    init() throws {
        let plugin = try FunctionPlugin([])
        defer { plugin.remove() }
        functions = try plugin.plugin().functions
    }

    private func call(_ id: String, _ columns: FunctionColumn..., rows: Int) throws -> [Cell] {
        try #require(functions.first { $0.id == id }).caller.call(columns, rows: rows)
    }

    @Test func `are described as they were declared`() throws {
        #expect(functions.count == 16 && functions.reduce(0) { $0 + $1.tests } == 17)
        let first = try #require(functions.first).description
        #expect(first.signature == "forgetting(score: number, days: number) -> number")
        #expect(first.title == "Forgetting" && first.about == "What is left of a score after some days.")
        #expect(first.isPure && !first.isExpensive && first.summary == first.signature)
        #expect(functions[1].description.summary == "sum(a: integer, b: integer) -> integer, expensive")
    }

    @Test func `have descriptions that can be written and read`() throws {
        let descriptions = functions.map(\.description)
        let coded = try JSONEncoder().encode(descriptions)
        #expect(try JSONDecoder().decode([FunctionDescription].self, from: coded) == descriptions)
    }

    @Test func `are called for each row of a column, with constants beside it`() throws {
        let scores = FunctionColumn.cells([.number(80), .integer(64), .number(0.5)])
        #expect(
            try call("forgetting", scores, .constant(.integer(3)), rows: 3) == [
                .number(10), .number(8), .number(0.0625),
            ])
    }

    @Test func `are called for no rows`() throws {
        #expect(try call("forgetting", .cells([]), .constant(.integer(3)), rows: 0) == [])
    }

    @Test func `take and return every type`() throws {
        #expect(
            try call("within", .cells([.number(9)]), .cells([.number(1)]), .cells([.number(5)]), rows: 1) == [
                .number(5)
            ])
        #expect(try call("passed", .cells([.number(49), .number(50)]), rows: 2) == [.boolean(false), .boolean(true)])
        #expect(try call("level", .cells([.number(49), .number(50)]), rows: 2) == [.text("low"), .text("high")])
        #expect(try call("sum", .cells([.integer(.max - 1)]), .constant(.integer(1)), rows: 1) == [.integer(.max)])
        #expect(try call("both", .cells([.boolean(true)]), .constant(.boolean(true)), rows: 1) == [.boolean(true)])
        #expect(try call("next_day", .cells([.time(-1)]), rows: 1) == [.time(86_399_999_999)])
        #expect(try call("initial", .cells([.text("ada"), .text("")]), rows: 2) == [.text("a"), .text("")])
        #expect(try call("length", .cells([.text("ädä"), .text("")]), rows: 2) == [.integer(5), .integer(0)])
    }

    @Test func `of eight arguments of all types are called through libffi`() throws {
        let function = try #require(functions.first { $0.id == "all" })
        #expect(!function.caller.isTyped)
        let rows = 3
        let found = function.caller.call(
            [
                .cells([.text("one"), .text("two"), .text("three")]), .cells([.integer(1), .integer(2), .integer(3)]),
                .constant(.number(4)), .cells([.boolean(true), .boolean(false), .boolean(true)]), .constant(.time(5)),
                .constant(.text("+")), .cells([.number(6), .number(7), .number(8)]), .constant(.integer(9)),
            ], rows: rows)
        // Each text is copied before the next call overwrites it.
        #expect(found == [.text("one+14y569"), .text("two+24n579"), .text("three+34y589")])
    }

    @Test func `give null for null without being called`() throws {
        #expect(
            try call("forgetting", .cells([.null, .number(8)]), .cells([.number(1), .null]), rows: 2) == [.null, .null])
        #expect(try call("forgetting", .cells([.number(8)]), .constant(.null), rows: 1) == [.null])
        #expect(try call("initial", .cells([.null, .text("x")]), rows: 2) == [.null, .text("x")])
        #expect(try call("both", .cells([.null]), .constant(.boolean(true)), rows: 1) == [.null])
    }

    @Test func `are called with null where they say so`() throws {
        #expect(try call("or_zero", .cells([.null, .number(3)]), rows: 2) == [.number(0), .number(3)])
        #expect(
            try call("or_unknown", .cells([.null, .text(""), .text("x")]), rows: 3) == [
                .text("unknown"), .text(""), .text("x"),
            ])
    }

    @Test func `give null for a number that is not finite`() throws {
        #expect(
            try call("shared", .cells([.integer(1), .integer(0)]), .constant(.number(0)), rows: 2) == [.null, .null])
    }

    @Test func `take cells of another type for null`() throws {
        #expect(
            try call("half", .cells([.text("1"), .boolean(true), .integer(3)]), rows: 3) == [
                .null, .null, .number(1.5),
            ])
        #expect(try call("twice", .cells([.number(1), .time(4)]), rows: 2) == [.null, .integer(8)])
    }
}

@Suite struct `A call of a C function` {
    private static func column(_ type: ColumnType) -> FunctionColumn {
        switch type {
        case .number: .cells([.number(7.25), .null, .number(-0.5), .number(1e300)])
        case .integer: .cells([.integer(-9), .null, .integer(.max), .integer(3)])
        case .text: .cells([.text("grün"), .null, .text(""), .text("x")])
        case .boolean: .cells([.boolean(true), .null, .boolean(false), .boolean(true)])
        case .time: .cells([.time(-9), .null, .time(.max), .time(3)])
        }
    }

    /// A function, its types, and whether it has a typed call.
    struct Shape: Sendable, CustomTestStringConvertible {
        let description: FunctionDescription
        /// Code, which never moves.
        let address: UInt

        init<Function>(_ arguments: [ColumnType], _ result: ColumnType, _ function: Function) {
            description = FunctionDescription(
                id: "f",
                arguments: arguments.enumerated().map { FunctionDescription.Argument(name: "a\($0)", type: $1) },
                result: result)
            address = unsafeBitCast(function, to: UInt.self)
        }

        var testDescription: String { description.signature }
    }

    static let shapes: [Shape] = [
        Shape([.number], .number, { $0 * 2 } as @convention(c) (Double) -> Double),
        Shape([.number, .number], .number, { $0 - $1 / 2 } as @convention(c) (Double, Double) -> Double),
        Shape(
            [.number, .number, .number], .number,
            { $0 - $1 / $2 * 3 } as @convention(c) (Double, Double, Double) -> Double),
        Shape([.number], .boolean, { $0 > 0 } as @convention(c) (Double) -> Bool),
        Shape([.integer], .integer, { $0 ^ 0xff } as @convention(c) (Int64) -> Int64),
        Shape([.integer, .integer], .integer, { $0 &- 2 &* $1 } as @convention(c) (Int64, Int64) -> Int64),
        Shape([.integer], .number, { Double($0) / 3 } as @convention(c) (Int64) -> Double),
    ]

    @Test(arguments: shapes)
    func `gives the same typed and through libffi`(shape: Shape) throws {
        let code = try #require(UnsafeRawPointer(bitPattern: shape.address))
        let typed = FunctionCaller(code, shape.description)
        let untyped = FunctionCaller(code, shape.description, typed: false)
        #expect(typed.isTyped && !untyped.isTyped)
        let columns = shape.description.arguments.map { Self.column($0.type) }
        let found = typed.call(columns, rows: 4)
        #expect(found.count == 4 && found[1] == .null && found[0] != .null)
        #expect(found == untyped.call(columns, rows: 4))
    }
}

@Suite struct `A function is refused` {
    /// What is wrong, and the refusal's field, wanted and found.
    static let mistakes: [([String], String, String, String)] = [
        (["TESTS=0"], "function forgetting, tests", "at least one", "none"),
        (["EXPECTED=21"], "function forgetting, test (80.0, 2.0)", "21.0 ± 0.001", "20.0"),
        (["RESULT=9"], "function forgetting, result", "a type from 1 to 5", "9"),
        (["ARGUMENTS=0"], "function forgetting, arguments", "1 to 8", "0"),
        (["ARGUMENTS=9"], "function forgetting, arguments", "1 to 8", "9"),
        (["TYPE=9"], "function sum, argument a", "a type from 1 to 5", "9"),
        (["ARGUMENT_FLAGS=1"], "function sum, argument a", "a number or a text, if it may be null", "integer"),
        (["TYPE=LECTERN_COLUMN_TEXT"], "function sum, test 0, a", "a value of type text", "one of tag 4"),
        ([#"FORGETTING="for-getting""#], "id of a function", FunctionID.rule, "“for-getting”"),
        ([#"FORGETTING="sum""#], "id of a function", "an id that no other has", "“sum” twice"),
    ]

    @Test(arguments: mistakes)
    func `whose declaration or test is wrong`(definitions: [String], field: String, wanted: String, found: String)
        throws
    {
        let plugin = try FunctionPlugin(definitions)
        defer { plugin.remove() }
        let catalog = plugin.load()
        #expect(catalog.plugins.isEmpty)
        let refusal = try #require(catalog.refusals.first)
        #expect(refusal.field == field && refusal.wanted == wanted && refusal.found == found, "\(refusal)")
    }

    @Test func `whose declared types are not those of its code`() throws {
        let plugin = try FunctionPlugin(["RESULT=LECTERN_COLUMN_INTEGER"])
        defer { plugin.remove() }
        let refusal = try #require(plugin.load().refusals.first)
        #expect(refusal.field == "function forgetting, test (80.0, 0.0)" && refusal.wanted == "80", "\(refusal)")
        #expect(refusal.remedy.contains("forgetting(score: number, days: number) -> integer"))
    }

    @Test func `that another plugin has already`() throws {
        let plugins = try FunctionPlugin([], [#"PLUGIN="other""#])
        defer { plugins.remove() }
        let catalog = plugins.load()
        #expect(catalog.plugins.map(\.id) == ["functions-in-c"])
        let refusal = try #require(catalog.refusals.first)
        #expect(refusal.field == "function forgetting" && refusal.found == "the same in plugin functions-in-c")
    }
}
