import CPluginAPI
import Records
import Rules
import Settings
import Testing

/// A rule's answer, as its counts tell it.
enum Answer: String { case yes, no, unknown, error }

/// Rules on one event.
struct Asked {
    let program: FilterProgram
    let outcome: FilterProgram.Outcome
    let patch: String

    /// - Parameters:
    ///   - yaml: what the section `filters` holds.
    ///   - event: a JSON object.
    init(_ yaml: String, _ event: String, type: String = "t") throws {
        let rules = try Settings(yaml: yaml, file: "rules.yaml").validate { FilterRules($0) }
        let extractor = FieldExtractor()
        program = FilterProgram(rules) { extractor.add($0) }
        let text = event + String(repeating: " ", count: FieldExtractor.padding)
        let row = UnsafeMutablePointer<lectern_value>.allocate(capacity: max(extractor.count, 1))
        defer { row.deallocate() }
        row.initialize(repeating: lectern_value(), count: max(extractor.count, 1))
        let reason = Array(text.utf8).withUnsafeBytes {
            extractor.extract(UnsafeRawBufferPointer(rebasing: $0[..<event.utf8.count]), into: row)
        }
        #expect(reason == nil)
        outcome = program.run(row, program.rules(ofType: type))
        patch = program.matched.isEmpty ? "" : String(decoding: program.patch(row), as: UTF8.self)
    }

    var answer: Answer {
        let counts = program.counts[0]
        return counts.matched > 0 ? .yes : counts.unknown > 0 ? .unknown : counts.errors > 0 ? .error : .no
    }
}

@Suite("What a condition is of a field that is missing, null or of another type")
struct TruthTableTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let test: String
        let missing: Answer
        let null: Answer
        let text: Answer
        let number: Answer
        let boolean: Answer
        let array: Answer

        var testDescription: String { test }
    }

    /// The fields are `"ada"`, `7`, `true` and `["ada"]`.
    static let table = [
        Row(test: "equals: ada", missing: .unknown, null: .no, text: .yes, number: .no, boolean: .no, array: .no),
        Row(test: "equals: 7", missing: .unknown, null: .no, text: .no, number: .yes, boolean: .no, array: .no),
        Row(test: "equals: true", missing: .unknown, null: .no, text: .no, number: .no, boolean: .yes, array: .no),
        Row(test: "differs: ada", missing: .unknown, null: .yes, text: .no, number: .yes, boolean: .yes, array: .yes),
        Row(test: "differs: 7", missing: .unknown, null: .yes, text: .yes, number: .no, boolean: .yes, array: .yes),
        Row(test: "in: [ada, 7]", missing: .unknown, null: .no, text: .yes, number: .yes, boolean: .no, array: .no),
        Row(
            test: "below: 8", missing: .unknown, null: .unknown, text: .unknown, number: .yes, boolean: .unknown,
            array: .unknown),
        Row(
            test: "at_most: 6.9", missing: .unknown, null: .unknown, text: .unknown, number: .no, boolean: .unknown,
            array: .unknown),
        Row(
            test: "above: 6.9", missing: .unknown, null: .unknown, text: .unknown, number: .yes, boolean: .unknown,
            array: .unknown),
        Row(
            test: "at_least: 7", missing: .unknown, null: .unknown, text: .unknown, number: .yes, boolean: .unknown,
            array: .unknown),
        Row(
            test: "between: [7, 8]", missing: .unknown, null: .unknown, text: .unknown, number: .yes,
            boolean: .unknown, array: .unknown),
        Row(
            test: "contains: ad", missing: .unknown, null: .unknown, text: .yes, number: .unknown, boolean: .unknown,
            array: .no),
        Row(
            test: "contains: ada", missing: .unknown, null: .unknown, text: .yes, number: .unknown, boolean: .unknown,
            array: .yes),
        Row(
            test: "matches: ^a.a$", missing: .unknown, null: .unknown, text: .yes, number: .unknown,
            boolean: .unknown, array: .unknown),
        Row(test: "exists: true", missing: .no, null: .yes, text: .yes, number: .yes, boolean: .yes, array: .yes),
        Row(test: "exists: false", missing: .yes, null: .no, text: .no, number: .no, boolean: .no, array: .no),
        Row(test: "is_null: true", missing: .unknown, null: .yes, text: .no, number: .no, boolean: .no, array: .no),
        Row(test: "is_null: false", missing: .unknown, null: .no, text: .yes, number: .yes, boolean: .yes, array: .yes),
    ]

    private func answer(_ test: String, _ event: String) throws -> Answer {
        try Asked("rules: [{name: r, when: {field: x, \(test)}, action: allow}]", event).answer
    }

    @Test("every operator has one answer for each kind of value", arguments: table)
    func operators(row: Row) throws {
        #expect(try answer(row.test, "{}") == row.missing)
        #expect(try answer(row.test, #"{"x":null}"#) == row.null)
        #expect(try answer(row.test, #"{"x":"ada"}"#) == row.text)
        #expect(try answer(row.test, #"{"x":7}"#) == row.number)
        #expect(try answer(row.test, #"{"x":true}"#) == row.boolean)
        #expect(try answer(row.test, #"{"x":["ada"]}"#) == row.array)
    }

    @Test("whole numbers and fractions are compared as numbers")
    func numbers() throws {
        #expect(try answer("equals: 7", #"{"x":7.0}"#) == .yes)
        #expect(try answer("equals: 7.5", #"{"x":7.5}"#) == .yes)
        #expect(try answer("in: [1.0, 2]", #"{"x":1}"#) == .yes)
        #expect(try answer("equals: 9007199254740993", #"{"x":9007199254740993}"#) == .yes)
        #expect(try answer("equals: 9007199254740993", #"{"x":9007199254740992}"#) == .no)
    }

    @Test("a quoted number is a text")
    func quoted() throws {
        #expect(try answer(#"equals: "7""#, #"{"x":7}"#) == .no)
        #expect(try answer(#"equals: "7""#, #"{"x":"7"}"#) == .yes)
    }

    @Test("an array contains what is one of its items, and not what lies deeper")
    func items() throws {
        #expect(try answer("contains: b", #"{"x":[1,"a","b"]}"#) == .yes)
        #expect(try answer("contains: b", #"{"x":[["b"],{"b":"b"},"ab"]}"#) == .no)
        #expect(try answer(#"contains: "a\"b\\c\n""#, #"{"x":["a\"b\\c\n"]}"#) == .yes)
        #expect(try answer("contains: é", #"{"x":["\u00e9"]}"#) == .yes)
    }

    /// Of two conditions: what all and any of them are.
    @Test(
        "all and any are Kleene's",
        arguments: [
            ("yes", "yes", Answer.yes, Answer.yes), ("yes", "no", .no, .yes), ("yes", "unknown", .unknown, .yes),
            ("no", "no", .no, .no), ("no", "unknown", .no, .unknown), ("unknown", "unknown", .unknown, .unknown),
        ])
    func combined(a: String, b: String, all: Answer, any: Answer) throws {
        let of = ["yes": "{field: x, equals: 7}", "no": "{field: x, equals: 8}", "unknown": "{field: y, equals: 7}"]
        for (a, b) in [(a, b), (b, a)] {
            let both = "[\(of[a]!), \(of[b]!)]"
            #expect(
                try Asked("rules: [{name: r, when: {all: \(both)}, action: allow}]", #"{"x":7}"#).answer == all)
            #expect(
                try Asked("rules: [{name: r, when: {any: \(both)}, action: allow}]", #"{"x":7}"#).answer == any)
        }
    }

    @Test("what is not known is not known the other way round either")
    func negated() throws {
        func rule(_ test: String) -> String {
            "rules: [{name: r, when: {not: {field: x, \(test)}}, action: block}]"
        }
        #expect(try Asked(rule("equals: 7"), #"{"x":7}"#).answer == .no)
        #expect(try Asked(rule("equals: 7"), #"{"x":8}"#).answer == .yes)
        #expect(try Asked(rule("equals: 7"), "{}").answer == .unknown)
    }
}
