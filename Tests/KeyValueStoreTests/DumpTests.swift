import KeyValueStore
import Records
import Testing

@Suite struct DumpTests {
    @Test(arguments: StoreKind.allCases) func aDumpIsLoadedElsewhere(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let values = ["1", "\"a\\n\\\"}\"", "{\"a\":[1,2.50,null]}", "[ 1,\n 2 ]"]
        for (index, key) in oddKeys.enumerated() { try await store.set(key, values[index % values.count]) }
        let states = StoreKind.holdingStates.contains(kind) ? 2 : 0
        if states > 0 { try store.commit([checkpoint(blocks: [block("attempts", [([.text("s1")], cbor(1))])])]) }
        var text = ""
        try await store.dump { text += $0 }
        #expect(text.utf8.last == UInt8(ascii: "\n"))
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
        #expect(lines.count == oddKeys.count + states)
        #expect(lines.contains(#"{"key":"Internal,quiz.attempts@1,actor:s1","value":1}"#) == (states > 0))

        let copy = StubStore()
        let result = try await copy.load(stream(lines + [""]))
        #expect(result.values == oddKeys.count)
        #expect(result.skippedStates == states)
        for key in oddKeys {
            let value = try await store.get(key)?.replacing("\n", with: " ")
            #expect(try await copy.get(key) == value, "\(key)")
        }
    }

    @Test(arguments: [
        "x", "{}", #"{"key":"a"}"#, #"{"key":"a","value":1"#, #"{"key":"a\","value":1}"#, #"{"key":1,"value":1}"#,
    ])
    func aBadLineIsNamed(line: String) async throws {
        let store = StubStore()
        let lines = stream([#"{"key":"a","value":1}"#, line])
        let error = await #expect(throws: StoreError.self) { try await store.load(lines) }
        #expect(error?.description.contains("line 2") == true)
    }

    private func stream(_ lines: [String]) -> AsyncThrowingStream<String, any Error> {
        AsyncThrowingStream { continuation in
            for line in lines { continuation.yield(line) }
            continuation.finish()
        }
    }
}
