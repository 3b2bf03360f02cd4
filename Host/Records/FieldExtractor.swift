package import CPluginAPI
import CSimdjson

/// Takes declared fields out of JSON objects: each object is parsed once, strictly, and fills one row of values.
///
/// Not thread-safe: one for each thread.
package final class FieldExtractor {
    /// Bytes that must be readable after a text that is parsed; what they hold does not matter.
    package static let padding = Int(LECTERN_JSON_PADDING)

    private let raw: OpaquePointer = lectern_extractor_create()

    package init() {}

    deinit { lectern_extractor_destroy(raw) }

    /// Declares a field and returns its slot in a row. A path is a member's name or several joined by dots; a step into a
    /// text goes on in the JSON that the text holds.
    package func add(_ path: String) -> Int {
        var path = path
        return Int(path.withUTF8 { lectern_extractor_add(raw, $0.baseAddress, $0.count) })
    }

    /// Values in a row.
    package var count: Int { Int(lectern_extractor_count(raw)) }

    /// Fills `row` from one JSON object. Texts stay until `reset`. Returns nil, or why the text is not a JSON object.
    package func extract(_ json: UnsafeRawBufferPointer, into row: UnsafeMutablePointer<lectern_value>) -> StaticReason?
    {
        let start = json.baseAddress?.assumingMemoryBound(to: CChar.self)
        let code = lectern_extractor_run(raw, start, json.count, row)
        return code == 0 ? nil : StaticReason(text: lectern_extractor_error(code))
    }

    /// As `extract`, but keeps the row's values of fields that this object lacks.
    package func overlay(_ json: UnsafeRawBufferPointer, onto row: UnsafeMutablePointer<lectern_value>) -> StaticReason?
    {
        let start = json.baseAddress?.assumingMemoryBound(to: CChar.self)
        let code = lectern_extractor_overlay(raw, start, json.count, row)
        return code == 0 ? nil : StaticReason(text: lectern_extractor_error(code))
    }

    /// A hash of what the object says that was extracted last, whatever came over it since: the same for every order of its
    /// members and every way to write its texts and numbers. It may be stored.
    ///
    /// - Parameter ignored: hashes of the names of members that do not count, by `nameHash`.
    package func contentHash(ignoring ignored: [UInt64]) -> UInt64 {
        ignored.withUnsafeBufferPointer { lectern_extractor_content(raw, $0.baseAddress, $0.count) }
    }

    package static func nameHash(_ name: String) -> UInt64 {
        var name = name
        return name.withUTF8 { lectern_extractor_name($0.baseAddress, $0.count) }
    }

    /// Lays a JSON merge patch (RFC 7396) over the row: members of objects are laid over those that are there, one by one, and
    /// `null` removes. As `overlay` otherwise.
    package func patch(_ json: UnsafeRawBufferPointer, onto row: UnsafeMutablePointer<lectern_value>) -> StaticReason? {
        let start = json.baseAddress?.assumingMemoryBound(to: CChar.self)
        let code = lectern_extractor_patch(raw, start, json.count, row)
        return code == 0 ? nil : StaticReason(text: lectern_extractor_error(code))
    }

    /// Forgets the texts of all rows.
    package func reset() { lectern_extractor_reset(raw) }
}

/// A reason whose text lives as long as the process: making one costs nothing.
package struct StaticReason: CustomStringConvertible, Sendable {
    fileprivate let address: UInt

    fileprivate init(text: UnsafePointer<CChar>) { address = UInt(bitPattern: text) }

    package var description: String { UnsafePointer<CChar>(bitPattern: address).map { String(cString: $0) } ?? "" }
}

extension lectern_value {
    /// The bytes of a text or of JSON; nil for every other tag.
    package var text: UnsafeRawBufferPointer? {
        tag == LECTERN_TEXT || tag == LECTERN_JSON
            ? UnsafeRawBufferPointer(start: UnsafeRawPointer(self.as.text), count: Int(length)) : nil
    }
}
