import CPluginAPI
import Records
import Testing

@Suite("A merge patch over extracted fields")
struct PatchTests {
    /// The fields of an event with a patch over it, as JSON or as they are called.
    private func fields(_ paths: [String], of event: String, patched patch: String) throws -> [String] {
        let extractor = FieldExtractor()
        let slots = paths.map { extractor.add($0) }
        let row = UnsafeMutablePointer<lectern_value>.allocate(capacity: extractor.count)
        defer { row.deallocate() }
        row.initialize(repeating: lectern_value(), count: extractor.count)
        func read(_ text: String, _ body: (UnsafeRawBufferPointer) -> StaticReason?) {
            let padded = Array(text.utf8) + [UInt8](repeating: 0, count: FieldExtractor.padding)
            padded.withUnsafeBytes { #expect(body(UnsafeRawBufferPointer(rebasing: $0[..<text.utf8.count])) == nil) }
        }
        read(event) { extractor.extract($0, into: row) }
        read(patch) { extractor.patch($0, onto: row) }
        return slots.map { slot in
            switch row[slot].tag {
            case LECTERN_MISSING: "missing"
            case LECTERN_NULL: "null"
            case LECTERN_INTEGER: "\(row[slot].as.integer)"
            case LECTERN_TRUE: "true"
            default: row[slot].text.map { String(decoding: $0, as: UTF8.self) } ?? "?"
            }
        }
    }

    @Test("sets, removes, and keeps what it does not name")
    func members() throws {
        #expect(
            try fields(
                ["a", "b", "c", "d"], of: #"{"a":1,"b":2,"c":3}"#, patched: #"{"a":"x","b":null,"d":true,"e":4}"#)
                == ["x", "missing", "3", "true"])
    }

    @Test("is laid into objects, whether they are fields as a whole or by their members")
    func inside() throws {
        #expect(
            try fields(
                ["o", "o.a", "o.b", "o.p.q", "o.n"],
                of: #"{"o":{"a":1,"b":2,"p":{"q":3,"r":[1, {"s":"\""}]}}}"#,
                patched: #"{"o":{"b":null,"n":5,"p":{"q":4},"t\"":{"u":null,"v":6}}}"#)
                == [#"{"a":1,"p":{"q":4,"r":[1,{"s":"\""}]},"n":5,"t\"":{"v":6}}"#, "1", "missing", "4", "5"])
    }

    @Test("makes an object where none was, and takes one away")
    func replaced() throws {
        #expect(
            try fields(["a", "a.b", "c", "c.d"], of: #"{"a":1,"c":{"d":2}}"#, patched: #"{"a":{"b":3},"c":4}"#)
                == [#"{"b":3}"#, "3", "4", "missing"])
        #expect(
            try fields(["a", "a.b"], of: #"{"a":{"b":1}}"#, patched: #"{"a":null}"#) == ["missing", "missing"])
        #expect(
            try fields(
                ["server.ip", "server.filters.marks"], of: #"{"server":{"ip":"::1"}}"#,
                patched: #"{"server":{"filters":{"marks":["a"]}}}"#) == ["::1", #"["a"]"#])
    }
}
