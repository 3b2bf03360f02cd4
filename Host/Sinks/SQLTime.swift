import Records

/// Times as databases read them.
enum SQLTime {
    /// The years that every database can hold, 1 to 9999, as microseconds since 1970 UTC.
    private static let range = -62_135_596_800_000_000...253_402_300_799_999_999 as ClosedRange<Int64>

    /// RFC 3339; nil if the year has not four digits.
    static func text(_ microseconds: Int64) -> String? {
        guard range.contains(microseconds) else { return nil }
        var bytes = Bytes()
        bytes.appendJSON(microseconds: microseconds)
        return String(bytes.string.dropFirst().dropLast())
    }
}
