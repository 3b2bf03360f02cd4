import Records

/// Events that wait for their connection to say who it is, in order of arrival.
struct Backlog {
    struct Entry {
        /// As it arrived, and FieldExtractor.padding zeros.
        fileprivate let padded: [UInt8]
        let received: Int64
        /// The client's number, or 0.
        let number: UInt64
        /// Its place among the frames of its read.
        let index: Int
        /// What was locked when it arrived.
        let locked: LockedFields

        var count: Int { padded.count - FieldExtractor.padding }
        var original: [UInt8] { Array(padded.dropLast(FieldExtractor.padding)) }

        func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
            padded.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    private(set) var entries: [Entry] = []
    /// Bytes of the events.
    private(set) var bytes = 0

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    mutating func append(
        _ frame: UnsafeRawBufferPointer, received: Int64, number: UInt64, index: Int, locked: LockedFields
    ) {
        let padding = repeatElement(UInt8(0), count: FieldExtractor.padding)
        entries.append(
            Entry(
                padded: Array(frame) + padding, received: received, number: number, index: index, locked: locked))
        bytes += frame.count
    }

    /// All events; the backlog is empty then.
    mutating func removeAll() -> [Entry] {
        defer { self = Backlog() }
        return entries
    }
}
