import CRecords

/// A moment as users write it: an RFC 3339 time stamp.
struct Moment {
    /// Since 1970 UTC.
    let microseconds: Int64

    init?(_ text: String) {
        var microseconds: Int64 = 0
        var precision: UInt8 = 0
        guard lectern_parse_timestamp(text, text.utf8.count, &microseconds, &precision) == 1 else { return nil }
        self.microseconds = microseconds
    }
}
