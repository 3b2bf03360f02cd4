import CRecords

/// The highest sequence number of each client that numbers its events.
///
/// An open table of the ids' keyed hashes, so that a look-up needs no `String` and no client can choose its place.
struct ClientMarks {
    struct Mark {
        let client: [UInt8]
        var sequence: UInt64
        /// When the client was heard of last, in microseconds since 1970 UTC.
        var received: Int64
        /// The next mark whose id has the same hash, or -1.
        fileprivate var next: Int32
    }

    private let key: [UInt8]
    private var marks: [Mark] = []
    private var first: [UInt64: Int32] = [:]

    init(key: [UInt8]) { self.key = key }

    var count: Int { marks.count }

    func sequence(of client: UnsafeRawBufferPointer) -> UInt64? {
        find(client, hash: hash(client)).map { marks[$0].sequence }
    }

    /// Notes that a record with this number is durable.
    mutating func note(_ client: UnsafeRawBufferPointer, sequence: UInt64, received: Int64) {
        let hash = hash(client)
        if let index = find(client, hash: hash) {
            marks[index].sequence = max(marks[index].sequence, sequence)
            marks[index].received = max(marks[index].received, received)
            return
        }
        let new = Int32(marks.count)
        marks.append(Mark(client: Array(client), sequence: sequence, received: received, next: first[hash] ?? -1))
        first[hash] = new
    }

    /// Forgets all but the `limit` clients that were heard of last.
    mutating func keepLatest(_ limit: Int) {
        guard marks.count > limit else { return }
        let kept = marks.sorted { $0.received > $1.received }.prefix(limit)
        self = ClientMarks(key: key)
        for mark in kept {
            mark.client.withUnsafeBytes { note($0, sequence: mark.sequence, received: mark.received) }
        }
    }

    func forEach(_ body: (Mark) throws -> Void) rethrows { try marks.forEach(body) }

    private func hash(_ client: UnsafeRawBufferPointer) -> UInt64 {
        lectern_siphash(key, client.baseAddress?.assumingMemoryBound(to: UInt8.self), client.count)
    }

    private func find(_ client: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        var index = first[hash] ?? -1
        while index >= 0 {
            let mark = marks[Int(index)]
            if mark.client.elementsEqual(client) { return Int(index) }
            index = mark.next
        }
        return nil
    }
}
