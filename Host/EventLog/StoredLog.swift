package import Records

/// A log that is read alone, from its first kept record up to its present end, also while hosts write it.
///
/// What throws, throws a `LogError`.
package protocol StoredLog: Sendable {
    var identity: LogIdentity { get }

    /// How much there is to read, in the unit of `weight`.
    func size() throws -> Int

    /// What a record counts of that.
    func weight(of record: RecordView) -> Int

    /// Gives the records chunk by chunk, for folding: events, control records and sessions, as a `LogCursor` does. A chunk is
    /// borrowed for the call.
    func readChunks(_ body: (LogChunk) throws -> Void) throws
}
