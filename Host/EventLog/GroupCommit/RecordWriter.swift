/// Where the log's thread makes records durable.
protocol RecordWriter: AnyObject {
    /// Makes records durable, in order. Blocks until they are.
    ///
    /// - Returns: dead letters of records that can't be stored, in place of those.
    /// - Throws: why nothing can be stored any more.
    func append(_ records: UnsafeRawBufferPointer) throws -> [DeadLetter]

    /// Ends sessions whose records are all durable.
    func closeSessions(_ numbers: [UInt32])

    /// Nothing is appended any more.
    func close() throws
}
