/// Whole records that lie one after the other. Valid until the next call of `next`.
struct RecordChunk {
    let bytes: UnsafeRawBufferPointer
    /// Where the first one begins.
    let offset: LogOffset
    /// The records come from memory; those of a file have sound lengths, and are otherwise unchecked.
    let isChecked: Bool
    /// The chunk is the first of its segment.
    let beginsSegment: Bool
}

/// What a cursor reads a log from. Not thread-safe. What throws, throws a `LogError`.
protocol RecordSource: AnyObject {
    /// Where the next chunk begins; before the durable end as long as there is something to read.
    var offset: LogOffset { get }

    /// The next records up to `end`, which must not lie beyond the durable end. Nil: there are none. A chunk may be empty.
    func next(through end: LogOffset) throws -> RecordChunk?

    /// The error of a record that begins so many bytes behind the chunk's beginning.
    func corrupt(_ chunk: RecordChunk, at byte: Int, _ reason: String) -> LogError
}
