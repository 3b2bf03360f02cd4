import CPluginAPI
import Records
import Testing

/// What dedup compares events by.
@Suite struct ContentHashTests {
    private let extractor = FieldExtractor()

    private func hash(_ json: String, ignoring names: [String] = []) throws -> UInt64 {
        let text = Array(json.utf8) + [UInt8](repeating: 0, count: FieldExtractor.padding)
        return try text.withUnsafeBytes { text in
            var row = lectern_value()
            let object = UnsafeRawBufferPointer(rebasing: text[..<json.utf8.count])
            try #require(extractor.extract(object, into: &row) == nil)
            // What comes over the object does not count.
            let over = Array(#"{"a":7}"#.utf8) + [UInt8](repeating: 0, count: FieldExtractor.padding)
            over.withUnsafeBytes { over in
                _ = extractor.overlay(UnsafeRawBufferPointer(rebasing: over[..<7]), onto: &row)
            }
            return extractor.contentHash(ignoring: names.map(FieldExtractor.nameHash))
        }
    }

    @Test(arguments: [
        (#"{"a":1,"b":[true,null,{"c":"é"}]}"#, "{ \"b\" : [true, null, {\"c\":\"\\u00e9\"}],\n\"a\":1.0}"),
        (#"{"x":-0.0}"#, #"{"x":0}"#), (#"{"x":1e3}"#, #"{"x":1000}"#), (#"{"x":{}}"#, #"{"x": { } }"#),
        (#"{"x":{"a":1,"b":2}}"#, #"{"x":{"b":2,"a":1}}"#), (#"{"x":0.1}"#, #"{"x":1e-1}"#),
        (#"{"x":9007199254740993}"#, #"{"x": 9007199254740993 }"#),
    ])
    func sameContentHasTheSameHash(one: String, other: String) throws { #expect(try hash(one) == hash(other)) }

    @Test func otherContentHasAnotherHash() throws {
        let texts = [
            #"{}"#, #"{"a":1}"#, #"{"a":2}"#, #"{"b":1}"#, #"{"a":"1"}"#, #"{"a":true}"#, #"{"a":null}"#, #"{"a":[1]}"#,
            #"{"a":[]}"#, #"{"a":{}}"#, #"{"a":[1,2]}"#, #"{"a":[2,1]}"#, #"{"a":[[1],2]}"#, #"{"a":[1,[2]]}"#,
            #"{"a":1,"b":2}"#, #"{"a":2,"b":1}"#, #"{"a":{"b":1}}"#, #"{"a":""}"#, #"{"a":false}"#,
            #"{"a":9007199254740993}"#, #"{"a":9007199254740992}"#, #"{"a":18446744073709551615}"#, #"{"a":-1}"#,
        ]
        #expect(Set(try texts.map { try hash($0) }).count == texts.count)
    }

    @Test func whatIsIgnoredMayDiffer() throws {
        #expect(
            try hash(#"{"a":1,"sent":5}"#, ignoring: ["sent"]) == hash(#"{"sent":"x","a":1}"#, ignoring: ["sent"]))
        #expect(try hash(#"{"a":1,"sent":5}"#, ignoring: ["sent"]) == hash(#"{"a":1}"#))
        #expect(
            try hash(#"{"a":1,"b":{"sent":5}}"#, ignoring: ["sent"])
                != hash(#"{"a":1,"b":{"sent":6}}"#, ignoring: ["sent"]))
    }
}
