import Records

/// The last number that a partition has seen of each client, by which a record that comes again is known.
///
/// A client whose connection broke sends again what it was not told to be durable, perhaps to another host, while what
/// it sent before may still come. Brokers take both, and only their order in the partition says which came first: of a
/// client's records there, those count whose number and ordinal are above all before them. So the verdict is a function
/// of the log alone, and every reader comes to the same.
struct ClientSequences {
    private struct Last {
        var sequence: UInt64
        var ordinal: UInt16
        /// The position of the record.
        var position: UInt64
    }

    /// At positions that are multiples of this, the table forgets all but `limit` clients and is written into the topic, so
    /// that a reader can begin there.
    static let interval: UInt64 = 1 << 14
    /// Clients whose records were last, in one partition.
    static let limit = 20_000

    private var table: ClientTable<Last>
    /// The entry of the last record: mostly the next one's, too.
    private var recent = -1

    init(key: [UInt8]) { table = ClientTable(key: key) }

    /// Whether a record is the first with its number and ordinal; notes it then.
    mutating func isNew(_ record: RecordView, ordinal: UInt16, position: UInt64) -> Bool {
        let client = record.client
        guard !client.isEmpty else { return true }
        if recent < 0 || !table.isEntry(recent, of: client) {
            guard let found = table.find(client) else {
                recent = table.place(
                    of: client, new: Last(sequence: record.sequence, ordinal: ordinal, position: position))
                return true
            }
            recent = found
        }
        let last = table[recent]
        guard (record.sequence, ordinal) > (last.sequence, last.ordinal) else { return false }
        table[recent] = Last(sequence: record.sequence, ordinal: ordinal, position: position)
        return true
    }

    /// Forgets the clients beyond the limit, as every reader does at the same positions.
    mutating func prune() {
        table.keep(Self.limit) { $0.position > $1.position }
        recent = -1
    }

    // MARK: In the topic

    /// What a message may hold, so that brokers with usual limits take it.
    private static let partLength = 500_000

    /// The bodies of the messages that hold the table as of a position, one at least. Each has: the position (8 bytes), the
    /// message's number and how many there are (4 bytes each); and then for each client the length of its id (2 bytes), its id,
    /// its number (8), ordinal (2) and the record's position (8).
    func encoded(asOf position: UInt64) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        for entry in table.entries {
            if parts[parts.count - 1].count > Self.partLength { parts.append([]) }
            var bytes: [UInt8] = []
            func append(_ value: some FixedWidthInteger) {
                withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
            }
            append(UInt16(entry.client.count))
            bytes += entry.client
            append(entry.value.sequence)
            append(entry.value.ordinal)
            append(entry.value.position)
            parts[parts.count - 1] += bytes
        }
        let count = parts.count
        return parts.enumerated().map { number, part in
            let head: [UInt8] =
                withUnsafeBytes(of: position.littleEndian) { Array($0) }
                + withUnsafeBytes(of: UInt32(number).littleEndian) { Array($0) }
                + withUnsafeBytes(of: UInt32(count).littleEndian) { Array($0) }
            return head + part
        }
    }

    /// One of these bodies, without its clients.
    struct Part {
        let position: UInt64
        let number: Int
        let count: Int
        fileprivate let clients: UnsafeRawBufferPointer

        /// Nil if these are other bytes.
        init?(_ body: UnsafeRawBufferPointer) {
            guard body.count >= 16 else { return nil }
            position = UInt64(littleEndian: body.loadUnaligned(as: UInt64.self))
            number = Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
            count = Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
            clients = UnsafeRawBufferPointer(rebasing: body[16...])
        }
    }

    /// Takes the clients of a part. Returns whether they could be read.
    mutating func add(_ part: Part) -> Bool {
        var rest = part.clients
        func take<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
            let size = MemoryLayout<Value>.size
            guard rest.count >= size else { return nil }
            defer { rest = UnsafeRawBufferPointer(rebasing: rest[size...]) }
            return Value(littleEndian: rest.loadUnaligned(as: Value.self))
        }
        while !rest.isEmpty {
            guard let length = take(UInt16.self), rest.count >= Int(length) else { return false }
            let client = UnsafeRawBufferPointer(rebasing: rest[..<Int(length)])
            rest = UnsafeRawBufferPointer(rebasing: rest[Int(length)...])
            guard let sequence = take(UInt64.self), let ordinal = take(UInt16.self),
                let position = take(UInt64.self)
            else { return false }
            _ = table.place(of: client, new: Last(sequence: sequence, ordinal: ordinal, position: position))
        }
        return true
    }
}
