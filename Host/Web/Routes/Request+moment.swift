import CRecords
import Hummingbird

extension Request {
    /// A parameter of the query that is a time, in microseconds since 1970 UTC; nil if it is not there.
    ///
    /// - Throws: `WebError` 400.
    func moment(_ name: String) throws -> Int64? {
        guard let text = query(name) else { return nil }
        var microseconds: Int64 = 0
        var precision: UInt8 = 0
        guard lectern_parse_timestamp(text, text.utf8.count, &microseconds, &precision) == 1 else {
            throw WebError(
                .badRequest, "wrong-time", "\(name)=\(text): expected a time such as 2026-01-31T10:00:00Z.")
        }
        return microseconds
    }
}
