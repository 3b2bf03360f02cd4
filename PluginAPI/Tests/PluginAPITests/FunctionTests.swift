import CPluginAPI
import PluginAPI
import Testing

@Suite struct `A function` {
    private static let initial: @convention(c) (FunctionText, Int, Int64) -> FunctionText = { name, _, _ in
        FunctionText(Text(name).prefix(1))
    }

    struct Functions: Plugin {
        init(settings: NoSettings) {}
        var components: Components {
            Function("forgetting", "score", "days") { score, days in score - days }
                .title("Forgetting").description("What is left.")
                .test(80, 7.5, gives: 72.5, within: 0.25).test(nil, 1, gives: nil)
            Function("level", .nullable("score")) { score in score < 50 ? "low" : "high" }
                .test(20, gives: "low")
            Function("passed", "score") { score in score >= 50 }.test(50, gives: true)
            Function("rounded", "a", "b", "c", "d") { a, b, c, d in Int((a + b + c + d).rounded()) }
                .impure().expensive()
            Function("initial", calling: `A function`.initial, "name", .time("at"), "count")
                .test("ada", .time(Timestamp(seconds: 1)), 2, gives: "a")
        }
    }

    /// Its declaration, as the host reads it.
    private func functions() throws -> [lectern_function] {
        let host = FakeHost()
        try #require(host.create(Functions.self) == LECTERN_OK, "\(host.failures)")
        let table = try #require(host.table(LECTERN_FUNCTIONS, as: lectern_functions.self))
        return (0..<Int(table.count)).map { table.items[$0]!.pointee }
    }

    @Test func `has the types of its closure`() throws {
        let functions = try functions()
        #expect(functions.map { string($0.id) } == ["forgetting", "level", "passed", "rounded", "initial"])
        #expect(
            functions.map(\.result) == [
                LECTERN_COLUMN_NUMBER, LECTERN_COLUMN_TEXT, LECTERN_COLUMN_BOOLEAN, LECTERN_COLUMN_INTEGER,
                LECTERN_COLUMN_TEXT,
            ])
        #expect(functions.map(\.argument_count) == [2, 1, 1, 4, 3])
        #expect((0..<4).map { functions[3].arguments[$0].type } == Array(repeating: LECTERN_COLUMN_NUMBER, count: 4))
        #expect(
            (0..<3).map { functions[4].arguments[$0].type } == [
                LECTERN_COLUMN_TEXT, LECTERN_COLUMN_TIME, LECTERN_COLUMN_INTEGER,
            ])
    }

    @Test func `says what it is`() throws {
        let functions = try functions()
        #expect(string(functions[0].title) == "Forgetting" && string(functions[0].about) == "What is left.")
        #expect((0..<2).map { string(functions[0].arguments[$0].name) } == ["score", "days"])
        #expect(functions[1].arguments[0].flags == LECTERN_ARGUMENT_NULLABLE && functions[0].arguments[0].flags == 0)
        #expect(functions[0].flags == LECTERN_FUNCTION_PURE && functions[3].flags == LECTERN_FUNCTION_EXPENSIVE)
    }

    @Test func `brings its tests`() throws {
        let functions = try functions()
        #expect(functions.map(\.test_count) == [2, 1, 1, 0, 1])
        let test = functions[0].tests[0]
        #expect(test.arguments[0].tag == LECTERN_INTEGER && test.arguments[0].as.integer == 80)
        #expect(test.arguments[1].tag == LECTERN_NUMBER && test.arguments[1].as.number == 7.5)
        #expect(test.result.as.number == 72.5 && test.tolerance == 0.25)
        #expect(functions[0].tests[1].result.tag == LECTERN_NULL)
        #expect(functions[2].tests[0].result.tag == LECTERN_TRUE)
        #expect(functions[4].tests[0].arguments[1].as.integer == 1_000_000)
    }

    @Test func `is called as what it was declared`() throws {
        let functions = try functions()
        let forgetting = unsafeBitCast(functions[0].call, to: (@convention(c) (Double, Double) -> Double).self)
        #expect(forgetting(80, 7) == 73)
        let level = unsafeBitCast(functions[1].call, to: (@convention(c) (Double) -> lectern_text).self)
        #expect(string(level(20)) == "low" && string(level(80)) == "high")
        let initial = unsafeBitCast(
            functions[4].call, to: (@convention(c) (lectern_text, Int64, Int64) -> lectern_text).self)
        #expect(string(initial(text("bob"), 0, 0)) == "b" && string(initial("", 0, 0)) == "")
    }

    struct One: Plugin {
        nonisolated(unsafe) static var function = Function("f", "x") { x in x }  // set by one test, before it is read
        init(settings: NoSettings) {}
        var components: Components { One.function }
    }

    @Test func `is refused if the host could not call it`() {
        let host = FakeHost()
        for function in [
            Function("f", calling: { (x: Double) in x }, "x"),
            Function("f", calling: { x in Double(x) } as @convention(c) (Float) -> Double, "x"),
            Function("f", calling: { _ in 0 } as @convention(c) (Double) -> Int32, "x"),
            Function("f", calling: { x in x } as @convention(c) (Double) -> Double, "x", "y"),
            Function("f", calling: { x in x } as @convention(c) (Double) -> Double, .time("x")),
            Function("f", "x") { x in x }.test(1, 2, gives: 3),
        ] {
            One.function = function
            #expect(host.create(One.self) == LECTERN_FAILED)
        }
        let types = "Double, Int, Int64, Bool or FunctionText"
        #expect(
            host.failures == [
                "function f: expected a @convention(c) function that returns a \(types), "
                    + "found (Swift.Double) -> Swift.Double",
                "function f: expected arguments of \(types), found @convention(c) (Swift.Float) -> Swift.Double",
                "function f: expected a @convention(c) function that returns a \(types), "
                    + "found @convention(c) (Swift.Double) -> Swift.Int32",
                "function f: expected 1 names of arguments, found 2",
                "function f: expected an Int for the time x, found number",
                "function f: expected 1 arguments in each test, found 2",
            ])
    }
}
