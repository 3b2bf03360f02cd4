import Enrichment
import Foundation
import PluginHost
import Records
import Testing

/// What is recorded of an event.
@Suite("An enriched event") struct EventTests {
    private static let item = EnricherDescription(
        id: "item-context", member: "item_context", key: [.field(path: "item_id")],
        members: [.init(name: "difficulty", kind: .number), .init(name: "topics", kind: .json)], types: ["attempt"])

    /// `sum(difficulty, weight)`, and the time.
    private static func plugin(isInProcess: Bool) -> EnrichingPlugin {
        let sum = FunctionDescription(
            id: "sum", arguments: [.init(name: "a", type: .number), .init(name: "b", type: .number)], result: .number)
        let at = FunctionDescription(id: "at", arguments: [.init(name: "time", type: .time)], result: .time)
        return EnrichingPlugin(
            id: "context", enrichers: [EnrichmentRig.user, item],
            derivedMembers: [
                DerivedMember(
                    member: "derived_context", name: "sum", function: "sum",
                    arguments: [.field(path: "item_context.difficulty"), .field(path: "weight")], types: ["attempt"]),
                DerivedMember(
                    member: "derived_context", name: "at", function: "at", arguments: [.time], types: ["attempt"]),
            ],
            functions: isInProcess
                ? [
                    CallableFunction(sum, of: "context", FunctionCaller(code(add), sum)),
                    CallableFunction(at, of: "context", FunctionCaller(code(same), at)),
                ]
                : [
                    CallableFunction(sum, of: "context") { columns, rows in
                        (0..<rows).map { row in
                            guard case .number(let a) = columns[0].cell(row), case .number(let b) = columns[1].cell(row)
                            else {
                                return .null
                            }
                            return .number(a + b)
                        }
                    },
                    CallableFunction(at, of: "context") { columns, rows in (0..<rows).map { columns[0].cell($0) } },
                ])
    }

    private static let add: @convention(c) (Double, Double) -> Double = { $0 + $1 }
    private static let same: @convention(c) (Int64) -> Int64 = { $0 }

    private static func code<Function>(_ function: Function) -> UnsafeRawPointer {
        unsafeBitCast(function, to: UnsafeRawPointer.self)
    }

    private func rig(isInProcess: Bool = true) -> EnrichmentRig {
        let rig = EnrichmentRig(plugins: [Self.plugin(isInProcess: isInProcess)]) {
            $0.enrichers["item-context"] = .init(source: "school")
        }
        rig.script.say(.row(["country": .text("DE"), "attempts": .integer(7)]), of: "ada")
        rig.script.say(.row(["difficulty": .text("0.5"), "topics": .array([.text("sets")])]), of: "i-1")
        return rig
    }

    @Test("has what was looked up and derived, wherever the function runs", arguments: [true, false])
    func derived(isInProcess: Bool) throws {
        let fields = try rig(isInProcess: isInProcess).fields(
            #"{"event":"attempt","item_id":"i-1","weight":2}"#, type: "attempt", time: 1_750_000_000_000_000)
        #expect(
            fields == #"{"enrichment":{"user_context":"fresh","item_context":"fresh"},"#
                + #""user_context":{"country":"DE","attempts":7},"item_context":{"difficulty":0.5,"topics":["sets"]},"#
                + #""derived_context":{"sum":2.5,"at":"2025-06-15T15:06:40Z"}}"#)
    }

    @Test("leaves out what can't be derived") func underived() throws {
        let fields = try rig().fields(#"{"event":"attempt","item_id":"i-2","weight":2}"#, type: "attempt")
        #expect(
            fields == #"{"enrichment":{"user_context":"fresh","item_context":"missing"},"#
                + #""user_context":{"country":"DE","attempts":7},"item_context":null,"#
                + #""derived_context":{"at":"1970-01-01T00:00:00Z"}}"#)
    }

    @Test("of another type, or without the key, is not asked for") func otherTypes() throws {
        let rig = rig()
        #expect(
            try rig.fields(#"{"event":"attempt","weight":2}"#, type: "page")
                == #"{"enrichment":{"user_context":"fresh"},"user_context":{"country":"DE","attempts":7}}"#)
        #expect(try rig.fields(#"{"event":"page"}"#, actor: "", type: "page") == nil)
        #expect(rig.script.asked == ["ada"])
    }

    @Test("has nothing that its client says in the host's place") func forged() throws {
        let forged =
            #"{"event":"page","item_context":{"difficulty":1},"enrichment":{"item_context":"fresh"},"derived_context":1}"#
        #expect(
            try rig().fields(forged, actor: "", type: "page")
                == #"{"enrichment":{},"item_context":null,"derived_context":null}"#)
    }

    @Test("is looked up by what its connection has locked") func locked() throws {
        let fields = try rig().fields(
            #"{"event":"attempt","item_id":"other"}"#, actor: "", type: "attempt", locked: #"{"item_id":"i-1"}"#)
        #expect(fields?.contains(#""item_context":{"difficulty":0.5"#) == true)
    }

    @Test("keeps what its source has set, and what the source says was known of it is not asked for again")
    func sources() throws {
        let rig = rig()
        #expect(
            try rig.fields(own: #"{"course":"x"}"#)
                == #"{"enrichment":{"user_context":"fresh"},"user_context":{"country":"DE","attempts":7},"course":"x"}"#
        )
        #expect(try rig.fields(own: #"{"user_context":{"country":"FR"},"enrichment":{"user_context":"stale"}}"#) == nil)
        #expect(rig.script.asked.count == 1)
    }

    @Test("is never asked for by a key that is no name") func oddKeys() throws {
        let rig = rig()
        let long = String(repeating: "x", count: 5_000)
        for item in [#""\u0000i-1""#, "\"\(long)\"", "1.5", "null", "{}", "\"\""] {
            _ = try rig.fields("{\"event\":\"attempt\",\"item_id\":\(item)}", actor: "", type: "attempt")
        }
        #expect(rig.script.asked.isEmpty)
    }
}

extension FunctionColumn {
    fileprivate func cell(_ row: Int) -> Cell {
        switch self {
        case .cells(let cells): cells[row]
        case .constant(let cell): cell
        }
    }
}
