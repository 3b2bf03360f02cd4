/// The highest durable sequence number of each client that numbers its events.
struct ClientMarks {
    struct Mark {
        let client: [UInt8]
        let sequence: UInt64
        /// When the client was heard of last, in microseconds since 1970 UTC.
        let received: Int64
    }

    private var table: ClientTable<(sequence: UInt64, received: Int64)>

    init(key: [UInt8]) { table = ClientTable(key: key) }

    var count: Int { table.entries.count }

    func sequence(of client: UnsafeRawBufferPointer) -> UInt64? { table.find(client).map { table[$0].sequence } }

    /// Notes that a record with this number is durable.
    mutating func note(_ client: UnsafeRawBufferPointer, sequence: UInt64, received: Int64) {
        let place = table.place(of: client, new: (sequence, received))
        table[place] = (max(table[place].sequence, sequence), max(table[place].received, received))
    }

    /// Forgets all but the `limit` clients that were heard of last.
    mutating func keepLatest(_ limit: Int) { table.keep(limit) { $0.received > $1.received } }

    func forEach(_ body: (Mark) throws -> Void) rethrows {
        for entry in table.entries {
            try body(Mark(client: entry.client, sequence: entry.value.sequence, received: entry.value.received))
        }
    }
}
