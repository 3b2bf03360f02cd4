import FoundationEssentials

/// The `source` that a session has locked.
package enum SessionSource {
    private struct Record: Decodable {
        struct Locked: Decodable { var source: String? }
        var locked: Locked?
    }

    /// - Parameter record: the payload of a session's record.
    package static func of(record: UnsafeRawBufferPointer) -> String? {
        (try? JSONDecoder().decode(Record.self, from: Data(record)))?.locked?.source
    }
}
