import Records

/// The last number that a partition has seen of each client, by which a record that comes again is known.
///
/// A client whose connection broke sends again what it was not told to be durable, perhaps to another host, while what
/// it sent before may still come. Brokers take both, and only their order in the partition says which came first: of a
/// client's records there, those count whose number and ordinal are above all before them. So the verdict is a function
/// of the log alone, and every reader comes to the same.
///
/// Clients are known by their marks, since what is written into a topic stays there, and an id may name a student.
struct ClientSequences {
    private struct Last {
        var sequence: UInt64
        var ordinal: UInt16
        /// The position of the record.
        var position: UInt64
    }

    /// At positions that are multiples of this, the table forgets all but `limit` clients and is written into the topic, so
    /// that a reader can begin there.
    static let interval: UInt64 = 1 << 12
    /// Clients whose records were last, in one partition.
    static let limit = 20_000

    private var last: [UInt64: Last] = [:]

    /// Whether a record is the first with its number and ordinal; notes it then.
    ///
    /// - Parameter client: the mark of the client: see `LogIdentity.mark`.
    mutating func isNew(client: UInt64, sequence: UInt64, ordinal: UInt16, position: UInt64) -> Bool {
        let next = Last(sequence: sequence, ordinal: ordinal, position: position)
        guard let found = last.index(forKey: client) else {
            last[client] = next
            return true
        }
        let known = last.values[found]
        if (sequence, ordinal) <= (known.sequence, known.ordinal) { return false }
        last.values[found] = next
        return true
    }

    /// Forgets the clients beyond the limit, as every reader does at the same positions.
    mutating func prune() {
        guard last.count > Self.limit else { return }
        let kept = last.sorted { $0.value.position > $1.value.position }.prefix(Self.limit)
        last = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }

    // MARK: In the topic

    /// Clients of one message, so that brokers with usual limits take it.
    private static let partCount = 20_000
    private static let headLength = 16
    private static let entryLength = 26

    /// The bodies of the messages that hold the table as of a position, one at least. Each has: the position (8 bytes), the
    /// message's number and how many there are (4 bytes each); and then for each client its mark (8 bytes), its number (8),
    /// ordinal (2) and the record's position (8).
    func encoded(asOf position: UInt64) -> [[UInt8]] {
        let clients = last.sorted { $0.value.position < $1.value.position }
        let count = max(1, (clients.count + Self.partCount - 1) / Self.partCount)
        return (0..<count).map { number in
            let part = clients[number * Self.partCount..<min(clients.count, (number + 1) * Self.partCount)]
            var bytes: [UInt8] = []
            bytes.reserveCapacity(Self.headLength + part.count * Self.entryLength)
            func append(_ value: some FixedWidthInteger) {
                withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
            }
            append(position)
            append(UInt32(number))
            append(UInt32(count))
            for (client, last) in part {
                append(client)
                append(last.sequence)
                append(last.ordinal)
                append(last.position)
            }
            return bytes
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
            let rest = body.count - ClientSequences.headLength
            guard rest >= 0, rest % ClientSequences.entryLength == 0 else { return nil }
            position = UInt64(littleEndian: body.loadUnaligned(as: UInt64.self))
            number = Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
            count = Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
            clients = UnsafeRawBufferPointer(rebasing: body[ClientSequences.headLength...])
        }
    }

    /// Takes the clients of a part.
    mutating func add(_ part: Part) {
        for start in stride(from: 0, to: part.clients.count, by: Self.entryLength) {
            func number<Value: FixedWidthInteger>(_ offset: Int) -> Value {
                Value(littleEndian: part.clients.loadUnaligned(fromByteOffset: start + offset, as: Value.self))
            }
            last[number(0)] = Last(sequence: number(8), ordinal: number(16), position: number(18))
        }
    }
}
