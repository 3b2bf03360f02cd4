import PluginAPI
import Testing

@Suite("JSON")
struct JSONTests {
    /// Reads a whole text, and gives what `body` made of it.
    private func read<Result>(_ json: [UInt8], _ body: (inout JSONReader) throws -> Result) throws -> Result {
        try json.withUnsafeBytes { bytes in
            var reader = JSONReader(Text(bytes))
            let result = try body(&reader)
            try reader.end()
            return result
        }
    }

    private func isValid(_ json: [UInt8]) -> Bool { (try? read(json) { _ = try $0.skip() }) != nil }

    @Test(arguments: [
        "{}", "[]", " [1, 2.5e3 ,-0,0.1E-2,true,false,null,\"\"] ", "\"\\ud83c\\udf89\\n\\/\"", "{\"a\":{\"b\":[{}]}}",
        "{\"a\":1,\"a\":2}", "\"ż€🎉\"", "-12.5",
    ])
    func valid(json: String) { #expect(isValid(Array(json.utf8))) }

    @Test(arguments: [
        "", "{", "{]", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "tru", "nul", "\"", "\"\\q\"",
        "\"\\ud83c\"", "\"\\udf89\"", "\"\\u12g4\"", "\"\u{01}\"", "[1 2]", "{\"a\" 1}", "[1]]", "{\"a\":1}}", "NaN",
        "'a'", "[1] x", "-", "--1", "1e999", "\"\\u12\"", "\"a\n\"",
    ])
    func invalid(json: String) { #expect(!isValid(Array(json.utf8))) }

    @Test(
        "what is not UTF-8",
        arguments: [
            [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0x80], [0xe2, 0x82],
            [0xf0, 0x9f, 0x8e],
            [0xe2, 0x28, 0xa1],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) { #expect(!isValid([0x22] + bytes + [0x22])) }

    @Test func nesting() {
        #expect(isValid(Array((String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).utf8)))
        #expect(!isValid(Array((String(repeating: "[", count: 65) + String(repeating: "]", count: 65)).utf8)))
    }

    @Test func values() throws {
        let json =
            #"{"name":"ż\u00e9\ud83c\udf89\t","n":-3,"x":1e2,"big":18446744073709551615,"sub":{"k":[true,null]},"e\n":0}"#
        var seen: [String] = []
        try read(Array(json.utf8)) { reader in
            try reader.object { reader, name in
                switch name {
                case "name": seen.append(try reader.text())
                case "n", "x", "big": seen.append("\(try reader.number())")
                case "sub": seen.append(try reader.skip().string)
                default:
                    seen.append(name.string)
                    try reader.skip()
                }
            }
        }
        #expect(
            seen == [
                "żé🎉\t", "integer(-3)", "number(100.0)", "number(1.8446744073709552e+19)", #"{"k":[true,null]}"#, "e\n",
            ])
    }

    @Test func mistakesHaveAPlace() {
        let error = #expect(throws: JSONError.self) { try read(Array("{\"a\":tru}".utf8)) { _ = try $0.skip() } }
        #expect(error?.description == "byte 5: expected true or false, found “tru}”")
    }

    @Test func writing() throws {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("text", "a\"\\\n\u{01}é")
            writer.member("n", 5)
            writer.name("list")
            writer.array { writer in
                writer.text("x")
                writer.object { $0.member("y", true) }
                writer.null()
            }
            writer.member("x", 2.5)
            writer.member("whole", 50.0)
        }
        #expect(writer.string == #"{"text":"a\"\\\n\u0001é","n":5,"list":["x",{"y":true},null],"x":2.5,"whole":50}"#)
        #expect(isValid(writer.bytes))
    }
}
