import CPluginAPI
import Enrichment
import PluginHost
import Records
import Testing

/// What the settings add to what plugins declare.
@Suite("What an operator declares") struct DeclaredTests {
    private static func number(_ name: String) -> FunctionDescription.Argument { .init(name: name, type: .number) }

    private static let halve: @convention(c) (Double) -> Double = { $0 / 2 }
    private static let quarter: @convention(c) (Double) -> Double = { $0 / 4 }
    private static let add: @convention(c) (Double, Double) -> Double = { $0 + $1 }
    private static let same: @convention(c) (Int64) -> Int64 = { $0 }
    private static let count: @convention(c) (lectern_text) -> Int64 = { Int64($0.length) }

    /// The text of each result is valid until the next call, as it is of plugins' functions.
    private static let letter: @convention(c) (Double) -> lectern_text = { number in
        letters[0] = CChar(65 + Int(number))
        return lectern_text(start: letters, length: 1)
    }
    private static let alike: @convention(c) (lectern_text, lectern_text) -> Bool = { $0.start[0] == $1.start[0] }

    /// `half(x)`, `sum(a, b)`, `at(time)`, `length(text)`, `letter(x)` and `alike(a, b)`; no enricher.
    private static func functions(
        isQuarter: Bool = false, without id: String = "", isInProcess: Bool = true
    ) -> EnrichingPlugin {
        let half = FunctionDescription(id: "half", arguments: [number("x")], result: .number)
        let sum = FunctionDescription(id: "sum", arguments: [number("a"), number("b")], result: .number)
        let at = FunctionDescription(
            id: "at", arguments: [.init(name: "time", type: .time)], result: .time, isPure: false)
        let length = FunctionDescription(id: "length", arguments: [.init(name: "text", type: .text)], result: .integer)
        let letter = FunctionDescription(id: "letter", arguments: [number("x")], result: .text)
        let alike = FunctionDescription(
            id: "alike", arguments: [.init(name: "a", type: .text), .init(name: "b", type: .text)], result: .boolean)
        func code<Function>(_ function: Function) -> UnsafeRawPointer {
            unsafeBitCast(function, to: UnsafeRawPointer.self)
        }
        let all = [
            (half, code(isQuarter ? quarter : halve)), (sum, code(add)), (at, code(same)), (length, code(count)),
            (letter, code(Self.letter)), (alike, code(Self.alike)),
        ].filter { $0.0.id != id }.map { description, code in
            let caller = FunctionCaller(code, description)
            return isInProcess
                ? CallableFunction(description, of: "functions", caller)
                : CallableFunction(description, of: "functions") { caller.call($0, rows: $1) }
        }
        return EnrichingPlugin(id: "functions", enrichers: [], functions: all)
    }

    private func rig(
        _ derived: [(name: String, text: String)], types: [String] = [], _ plugins: [EnrichingPlugin] = [functions()],
        _ configure: (inout EnrichmentConfiguration) -> Void = { $0.enrichers = [:] }
    ) throws -> EnrichmentRig {
        let members = try derived.map { try DeclaredMember("checks", $0.name, $0.text, types: types) }
        return EnrichmentRig(plugins: plugins) {
            configure(&$0)
            $0.derived = members
        }
    }

    @Test(
        "is computed by functions of a plugin that looks nothing up, wherever it runs", arguments: [true, false])
    func computed(isInProcess: Bool) throws {
        let rig = try rig(
            [
                ("half", "half(score)"), ("more", "sum(half(context.weight), 2)"), ("at", "at(time)"),
                ("long", "length('four')"),
            ],
            [Self.functions(isInProcess: isInProcess)])
        #expect(
            try rig.fields(#"{"event":"a","score":7,"context":{"weight":3}}"#, time: 1_750_000_000_000_000)
                == #"{"enrichment":{},"checks":{"half":3.5,"more":3.5,"at":"2025-06-15T15:06:40Z","long":4}}"#)
    }

    @Test("is computed from two results of one function, whose texts are each other's memory") func texts() throws {
        let rig = try rig([("same", "alike(letter(1), letter(1))"), ("other", "alike(letter(1), letter(2))")])
        #expect(try rig.fields() == #"{"enrichment":{},"checks":{"same":true,"other":false}}"#)
    }

    @Test("is computed from what was looked up, too", arguments: [true, false]) func lookedUp(isInProcess: Bool) throws
    {
        let plugins = [
            EnrichingPlugin(id: "context", enrichers: [EnrichmentRig.user]), Self.functions(isInProcess: isInProcess),
        ]
        let rig = try rig([("load", "sum(user_context.attempts, weight)")], plugins) { _ in }
        rig.script.say(.row(["attempts": .integer(7)]), of: "ada")
        #expect(
            try rig.fields(#"{"event":"a","weight":0.5,"user_context":{"attempts":100}}"#)
                == #"{"enrichment":{"user_context":"fresh"},"user_context":{"attempts":7},"checks":{"load":7.5}}"#)
    }

    @Test("is left out where something is missing, and is not there of events of other types") func missing() throws {
        let rig = try rig([("half", "half(score)")], types: ["a"])
        #expect(try rig.fields(#"{"event":"a","score":"x"}"#) == #"{"enrichment":{},"checks":{}}"#)
        #expect(try rig.fields(#"{"event":"b","score":2}"#, type: "b") == nil)
    }

    @Test("can't be forged by a client") func forged() throws {
        let rig = try rig([("half", "half(score)")], types: ["a"])
        #expect(try rig.fields(#"{"event":"b","checks":{"half":1}}"#, type: "b") == #"{"enrichment":{},"checks":null}"#)
    }

    @Test("goes on with the functions of a new build") func reloaded() throws {
        let rig = try rig([("half", "half(score)")])
        rig.enrichment.use([Self.functions(isQuarter: true)])
        #expect(try rig.fields(#"{"event":"a","score":4}"#) == #"{"enrichment":{},"checks":{"half":1}}"#)
        #expect(rig.reports.all.isEmpty)
    }

    @Test("rests while no plugin has its function, and the operator is told") func gone() throws {
        let rig = try rig([("half", "half(score)"), ("sum", "sum(score, 1)")])
        rig.enrichment.use([Self.functions(without: "half")])
        #expect(try rig.fields(#"{"event":"a","score":4}"#) == #"{"enrichment":{},"checks":{"sum":5}}"#)
        #expect(
            rig.reports.all == [
                "left out: enrichment.derived.checks.half, “half(score)”: expected a function of a plugin "
                    + "(alike, at, length, letter, sum), found “half”"
            ])
        rig.enrichment.use([Self.functions()])
        #expect(try rig.fields(#"{"event":"a","score":4}"#) == #"{"enrichment":{},"checks":{"half":2,"sum":5}}"#)
    }

    @Test(
        "is refused with the setting and what is wrong",
        arguments: [
            (
                "hlf(score)",
                "expected a function of a plugin (alike, at, half, length, letter, sum), found “hlf”; did you mean “half”?"
            ),
            ("half(score, 2)", "expected 1 argument for half(x: number) -> number, found 2"),
            ("half('2')", "expected number for x of half(x: number) -> number, found '2', which is text"),
            ("half(time)", "expected number for x of half(x: number) -> number, found “time”, which is time"),
            ("half(length(1))", "expected text for text of length(text: text) -> integer, found 1, which is integer"),
            (
                "half(checks.other)",
                "expected time, fields of the event, or members that were looked up, found “checks.other”, which is "
                    + "computed itself"
            ),
            (
                "length(enrichment.user_context)",
                "expected time, fields of the event, or members that were looked up, found “enrichment.user_context”"
            ),
        ])
    func mistakes(text: String, reason: String) throws {
        var configuration = EnrichmentConfiguration()
        configuration.derived = [try DeclaredMember("checks", "a", text)]
        #expect(
            configuration.problems(with: [Self.functions()], mayLackFunctions: false) == [
                "enrichment.derived.checks.a, “\(text)”: \(reason)"
            ])
    }

    @Test("is refused where an enricher does not give what it is computed from") func noSuchMember() throws {
        let plugins = [EnrichingPlugin(id: "context", enrichers: [EnrichmentRig.user]), Self.functions()]
        var configuration = EnrichmentConfiguration()
        configuration.derived = [try DeclaredMember("checks", "a", "half(user_context.score)")]
        // Without a source, the member is the client's.
        #expect(configuration.problems(with: plugins, mayLackFunctions: false).isEmpty)
        configuration.enrichers = ["user-context": .init(source: "school")]
        #expect(
            configuration.problems(with: plugins, mayLackFunctions: false) == [
                "enrichment.derived.checks.a, “half(user_context.score)”: expected what is looked up as user_context "
                    + "(user_context.country, user_context.attempts), found “user_context.score”"
            ])
    }

    @Test("is refused under a member that a plugin sets") func collisions() throws {
        let plugins = [EnrichingPlugin(id: "context", enrichers: [EnrichmentRig.user]), Self.functions()]
        var configuration = EnrichmentConfiguration()
        configuration.sources = ["school": SourceConfiguration(.file(.init(path: "nowhere", format: .csv)))]
        configuration.derived = [try DeclaredMember("user_context", "a", "half(score)")]
        for (id, member) in [("user-context", "mine"), ("other", "user_context")] {
            var enricher = EnrichmentConfiguration.Enricher(source: "school")
            enricher.declared = DeclaredEnricher(member: member)
            configuration.enrichers[id] = enricher
        }
        #expect(
            configuration.problems(with: plugins, mayLackFunctions: false) == [
                "enrichment.enrichers.other.member: expected a member that no plugin sets, and plugin context sets "
                    + "user_context",
                "enrichment.enrichers.user-context.member: expected none, as plugin context has this enricher; found mine",
                "enrichment.derived.user_context.a, “half(score)”: expected a member that no plugin sets, and plugin "
                    + "context sets user_context",
            ])
    }

    @Test("is looked up as what a plugin declares is, with a time of its own in memory") func enricher() throws {
        let rig = EnrichmentRig(plugins: []) {
            var enricher = EnrichmentConfiguration.Enricher(source: "school")
            enricher.ttl = 2_000_000
            enricher.declared = DeclaredEnricher(member: "course", key: [.field(path: "course_id")])
            enricher.declared?.members = [.init(name: "title", kind: .text)]
            enricher.declared?.types = ["a"]
            $0.enrichers = ["course": enricher]
        }
        rig.script.say(.row(["title": .text("Sets"), "secret": .text("x")]), of: "c-1")
        let event = #"{"event":"a","course_id":"c-1"}"#
        let expected = #"{"enrichment":{"course":"fresh"},"course":{"title":"Sets"}}"#
        for _ in 0..<3 { #expect(try rig.fields(event) == expected) }
        #expect(try rig.fields(event, type: "b") == nil)
        #expect(rig.script.asked == ["c-1"])
        rig.clock.advance(seconds: 3)
        #expect(try rig.fields(event) == expected)
        #expect(rig.script.asked == ["c-1", "c-1"])
        // What the source does not know is asked for again as soon.
        let other = #"{"event":"a","course_id":"c-2"}"#
        #expect(try rig.fields(other) == #"{"enrichment":{"course":"missing"},"course":null}"#)
        rig.script.say(.row(["title": .text("Maps")]), of: "c-2")
        rig.clock.advance(seconds: 3)
        #expect(try rig.fields(other) == #"{"enrichment":{"course":"fresh"},"course":{"title":"Maps"}}"#)
    }
}

/// `nonisolated(unsafe)`: one test alone calls the function that writes it.
nonisolated(unsafe) private let letters = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
