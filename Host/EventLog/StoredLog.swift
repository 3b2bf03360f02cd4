package import Records

/// A log that is read alone, from its first kept record up to its present end, also while hosts write it.
///
/// What throws, throws a `LogError`.
package protocol StoredLog: Sendable {
    var identity: LogIdentity { get }

    /// Whether the first record that is kept is not the first that there was.
    func isTruncated() throws -> Bool

    /// How much there is to read, in the unit of `weight`.
    func size() throws -> Int

    /// What a record counts of that.
    func weight(of record: RecordView) -> Int

    /// Gives the records chunk by chunk, for folding: events, control records and sessions, as a `LogCursor` does. A chunk is
    /// borrowed for the call.
    func readChunks(_ body: (LogChunk) throws -> Void) throws
}

extension StoredLog {
    /// Gives the same records one by one, each borrowed for the call.
    package func forEachRecord(_ body: (RecordView) throws -> Void) throws {
        try readChunks { chunk in for index in 0..<chunk.count { try body(chunk[index]) } }
    }
}
