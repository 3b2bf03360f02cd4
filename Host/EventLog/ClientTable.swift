import CRecords

/// A value for each client that numbers its frames.
///
/// An open table of the ids' keyed hashes, so that a look-up needs no `String` and no client can choose its place.
struct ClientTable<Value> {
    struct Entry {
        let client: [UInt8]
        var value: Value
        /// The next entry whose id has the same hash, or -1.
        fileprivate var next: Int32
    }

    private let key: [UInt8]
    private(set) var entries: [Entry] = []
    private var first: [UInt64: Int32] = [:]

    init(key: [UInt8]) { self.key = key }

    /// The place of a client's entry; nil: it has none.
    func find(_ client: UnsafeRawBufferPointer) -> Int? { find(client, hash: hash(client)) }

    subscript(place: Int) -> Value {
        get { entries[place].value }
        set { entries[place].value = newValue }
    }

    /// Whether the entry there is the client's.
    func isEntry(_ place: Int, of client: UnsafeRawBufferPointer) -> Bool {
        place < entries.count && entries[place].client.elementsEqual(client)
    }

    /// The place of a client's entry, a new one if it has none.
    mutating func place(of client: UnsafeRawBufferPointer, new: @autoclosure () -> Value) -> Int {
        let hash = hash(client)
        if let place = find(client, hash: hash) { return place }
        let place = entries.count
        entries.append(Entry(client: Array(client), value: new(), next: first[hash] ?? -1))
        first[hash] = Int32(place)
        return place
    }

    /// Forgets all but `limit` entries: those that come first.
    mutating func keep(_ limit: Int, by comesBefore: (Value, Value) -> Bool) {
        guard entries.count > limit else { return }
        let kept = entries.sorted { comesBefore($0.value, $1.value) }.prefix(limit)
        self = ClientTable(key: key)
        for entry in kept { entry.client.withUnsafeBytes { _ = place(of: $0, new: entry.value) } }
    }

    private func hash(_ client: UnsafeRawBufferPointer) -> UInt64 {
        lectern_siphash(key, client.baseAddress?.assumingMemoryBound(to: UInt8.self), client.count)
    }

    private func find(_ client: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        var index = first[hash] ?? -1
        while index >= 0 {
            if entries[Int(index)].client.elementsEqual(client) { return Int(index) }
            index = entries[Int(index)].next
        }
        return nil
    }
}
