import FoundationEssentials
import Records

/// What commands print for scripts: one JSON value a line, names sorted.
enum JSONOutput {
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// A moment as an RFC 3339 time stamp in UTC.
    static func time(_ microseconds: Int64) -> String {
        var json = Bytes()
        json.appendJSON(microseconds: microseconds)
        return String(json.string.dropFirst().dropLast())
    }
}
