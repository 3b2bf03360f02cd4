import Records

/// Where a log's records are, and how they are read from there. Any thread. What throws, throws a `LogError`.
protocol LogStorage: Sendable {
    /// The position of each partition's first record that is kept.
    var firstPositions: [UInt64] { get }

    /// What a cursor reads from.
    /// - Parameter positions: the cursor's, what it gives next; `.max` for partitions that are not its own.
    func source(from positions: UnsafeMutableBufferPointer<UInt64>, chunkBytes: Int) throws -> any RecordSource

    /// Reads what is stored now, also of partitions that cursors do not read, until `body` returns false.
    ///
    /// - Parameters:
    ///   - place: what `body` was given with a record, which is the first one to be read then; nil: the first that is kept.
    ///   - body: given a record, borrowed for the call, and what tells its place.
    func scan(from place: [UInt64]?, _ body: (RecordView, _ place: () -> String) throws -> Bool) throws

    /// Why numbers are refused that are no place.
    var noPlace: LogError { get }

    /// Has cursors read these partitions, and no others.
    func assign(_ partitions: [Int]) throws

    /// Blocks until cursors can read all that is durable.
    func settle() throws

    /// Deletes the segments before `number`.
    func removeSegments(before number: UInt32) throws

    /// Nothing is read any more. The first of two calls that end the storage.
    func stop()
}
