import KeyValueStore
import Records
import Testing

@Suite struct StateKeyTests {
    @Test(arguments: [
        "Internal,quiz.attempts@1,actor:s-17", "External,quiz-analytics.user-engagement@12,actor:a%2Cb,module:",
        "Internal,q.a@1,day:=16531,passed:=true", "Internal,q.a@1,n:=-5", "External,q.a@1,module:m%2F..%00,partition:3",
        "Internal,q.a@1", "Internal,q.a@1,%3A:%3D5", "Internal,q.a@1,actor:%F0%9F%98%80",
    ])
    func textsOfStateKeysAreReadBack(text: String) throws {
        #expect(try #require(StateKey(text)).text == text)
    }

    @Test func partsAreWhatTheySay() throws {
        let key = try #require(StateKey("External,quiz.attempts@2,actor:a%2Cb,day:=16531,text:16531,passed:=false"))
        #expect(key.scope == .external)
        #expect(key.plugin == "quiz")
        #expect(key.component == "attempts")
        #expect(key.incarnation == 2)
        #expect(
            key.parts == [
                .init(name: "actor", value: .text("a,b")), .init(name: "day", value: .integer(16531)),
                .init(name: "text", value: .text("16531")), .init(name: "passed", value: .boolean(false)),
            ])
    }

    /// Another way to write the same key would be a second key for one state.
    @Test(arguments: [
        "", "Internal", "internal,q.a@1", "Internal,qa@1", "Internal,q.a", "Internal,q.a@", "Internal,q.a@0",
        "Internal,q.a@01", "Internal,q.a@-1", "Internal,q.a@1,", "Internal,q.a@1,actor", "Internal,q.a@1,actor:%2c",
        "Internal,q.a@1,actor:%41", "Internal,q.a@1,actor:a b", "Internal,q.a@1,actor:%", "Internal,q.a@1,actor:%FF",
        "Internal,q.a@1,n:=05", "Internal,q.a@1,n:=x", "Internal,q.a@1,n:=+5", "Internal,q.a@1,a:b:c", "External,.a@1",
        "External,q.@1", " Internal,q.a@1", "Internal,q.a@1\n", "Internal,q.a@99999999999999999999",
    ])
    func whatIsNotExactlyOneIsNone(text: String) {
        #expect(StateKey(text) == nil)
    }

    @Test(arguments: StoreKind.holdingStates) func everyKeyHasItsOwnText(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let parts: [KeyPart] =
            oddKeys.map { .text($0) } + [
                .integer(0), .integer(-1), .integer(.max), .integer(.min), .boolean(true), .boolean(false), .text("0"),
                .text("-1"), .text("true"), .text("=0"), .text("=true"), .text("a,module:b"),
            ]
        var expected: [(key: [KeyPart], value: [UInt8]?)] = []
        for (index, part) in parts.enumerated() {
            expected.append(([part, .text("m")], cbor(index * 2)))
            expected.append(([.text("m"), part], cbor(index * 2 + 1)))
        }
        let fields = ["module", "actor"]
        try store.commit([checkpoint(blocks: [block("attempts", expected, fields: fields)])])
        let entries = try await store.all(prefix: "Internal,")
        #expect(Set(entries.map { bytes($0.key) }).count == expected.count)
        #expect(Set(entries.map(\.value)) == Set((0..<expected.count).map(String.init)))
        #expect(try await store.multiGet(entries.map(\.key)) == entries.map(\.value))
        for entry in entries {
            let key = try #require(StateKey(entry.key))
            #expect(key.parts.map(\.name) == ["actor", "module"])
            let stored = [key.parts[1].value, key.parts[0].value]
            let index = try #require(expected.firstIndex { KeyBytes.encode($0.key) == KeyBytes.encode(stored) })
            #expect(entry.value == String(index))
        }
    }
}
