import CPluginAPI
import Records
import Testing

@Suite struct `Fields of events` {
    private func extract(_ json: String, _ paths: [String]) -> [String]? {
        let extractor = FieldExtractor()
        let slots = paths.map(extractor.add)
        let row = UnsafeMutablePointer<lectern_value>.allocate(capacity: extractor.count)
        defer { row.deallocate() }
        let padded = Array(json.utf8) + Array(repeating: 0, count: FieldExtractor.padding)
        return padded.withUnsafeBytes { bytes in
            let text = UnsafeRawBufferPointer(rebasing: bytes[..<json.utf8.count])
            guard extractor.extract(text, into: row) == nil else { return nil }
            return slots.map { slot in
                var value = Bytes()
                value.appendJSON(row[slot], asTime: false)
                return row[slot].tag == LECTERN_MISSING ? "-" : value.string
            }
        }
    }

    @Test func `of every kind are taken out in one pass`() {
        let json = #"{"a":"x\"y","b":12,"c":1.5,"d":true,"e":null,"f":[1, 2],"g":{"h":{"i":"deep"}}}"#
        #expect(
            extract(json, ["a", "b", "c", "d", "e", "f", "g.h.i", "missing"])
                == [#""x\"y""#, "12", "1.5", "true", "null", "[1,2]", #""deep""#, "-"])
    }

    @Test func `of equal names the last counts, with all that is in it`() {
        #expect(extract(#"{"a":{"b":1},"a":{"c":2}}"#, ["a.b", "a.c"]) == ["-", "2"])
    }

    @Test func `are found in the JSON that a text holds`() {
        #expect(
            extract(#"{"event":"{\"id\":\"p1\"}"}"#, ["event.id", "event"]) == [#""p1""#, ##""{\"id\":\"p1\"}""##])
    }

    @Test func `in a text that is no JSON are missing`() {
        #expect(extract(#"{"event":"{broken"}"#, ["event.id"]) == ["-"])
    }

    @Test(arguments: ["", "[]", "12", "{", "{}x", #"{"a":01}"#, "{\"a\":\"\u{1}\"}", #"{"a":"\q"}"#, #"{"a":1,}"#])
    func `of what is no JSON object are refused`(json: String) {
        #expect(extract(json, ["a"]) == nil)
    }
}

@Suite struct `Canonical bytes` {
    @Test(
        arguments: [
            ([0xa2, 0x61, 0x61, 0x01, 0x61, 0x62, 0x82, 0x20, 0xf5], #"{"a":1,"b":[-1,true]}"#),
            ([0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], "1.5"), ([0xf9, 0x7e, 0], "null"), ([0x43, 1, 2, 3], #""AQID""#),
            ([0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551616"),
            ([0xa1, 0x05, 0xf4], #"{"5":false}"#),
        ] as [([UInt8], String)])
    func `become compact JSON`(cbor: [UInt8], json: String) {
        #expect(CBOR.json(of: cbor) == json)
    }

    @Test(arguments: [[], [0x82, 0x01], [0x61], [0x9f, 0xff], [0x01, 0x01], [0xa1, 0x80, 0x01]] as [[UInt8]])
    func `that are not one whole item become nothing`(cbor: [UInt8]) {
        #expect(CBOR.json(of: cbor) == nil)
    }

    @Test func `of keys are read back`() {
        let parts: [KeyPart] = [.text(""), .text("a,b/../\u{1F600}"), .integer(-70_000), .integer(5), .boolean(true)]
        #expect(KeyBytes.encode(parts).withUnsafeBytes { KeyBytes.decode($0) } == parts)
    }
}
