import Synchronization

/// What this host has written last of each partition: its head, the sorted part, and the entries since. So merging need
/// read nothing but what finds no room here. Any thread.
final class RedisWritten: Sendable {
    fileprivate struct Place {
        var partition: RedisPartition
        /// The sorted part that the head names, if it is here.
        var base: RedisMerge?
        /// Those that the head names, from the first on. Nil: it is not here.
        var entries: [RedisEntry?] = []

        var room: Int { (base?.room ?? 0) + entries.reduce(0) { $0 + ($1?.room ?? 0) } }

        /// Those before it may be of another process.
        mutating func put(_ entry: RedisEntry?, at index: Int) {
            while entries.count < index { entries.append(nil) }
            entries.append(entry)
        }

        /// Forgets the sorted part and the first entries. Returns the room that they took.
        mutating func forget(_ count: Int) -> Int {
            let all = room
            base = nil
            entries.removeFirst(min(count, entries.count))
            return all - room
        }
    }

    fileprivate struct State {
        var places: [RedisPartitionID: Place] = [:]
        var room: Int
    }

    private let state: Mutex<State>
    private let limit: Int

    /// - Parameter limit: bytes.
    init(limit: Int) {
        self.limit = limit
        state = Mutex(State(room: limit))
    }

    /// Takes what a change has made.
    func note(_ change: RedisChange) {
        state.withLock { state in
            for (id, partition) in change.partitions { state.note(id, partition, change.bases[id]) }
            for (id, number, entry) in change.entries { state.add(entry, number, to: id) }
        }
    }

    /// The partition as it was written last; nil: it was not.
    func contents(_ id: RedisPartitionID, _ source: RedisSource) -> RedisPartitionContents? {
        guard let place = state.withLock({ $0.places[id] }), let head = place.partition.head else { return nil }
        return RedisPartitionContents(
            id, head, place.partition.description, source, base: place.base, entries: place.entries)
    }

    func removeAll() { state.withLock { $0 = State(room: limit) } }
}

extension RedisWritten.State {
    fileprivate mutating func note(_ id: RedisPartitionID, _ partition: RedisPartition, _ base: RedisMerge?) {
        guard let head = partition.head else {
            room += places.removeValue(forKey: id)?.room ?? 0
            return
        }
        guard let before = places[id]?.partition.head, before.life == head.life else {
            room += places.removeValue(forKey: id)?.room ?? 0
            places[id] = RedisWritten.Place(partition: partition)
            return
        }
        places[id]!.partition = partition
        if before.base == head.base { return }
        // What was merged is no longer named.
        room += places[id]!.forget(Int(head.entries.lowerBound - before.entries.lowerBound))
        guard let base, base.room <= room else { return }
        places[id]!.base = base
        room -= base.room
    }

    fileprivate mutating func add(_ entry: RedisEntry, _ number: UInt64, to id: RedisPartitionID) {
        guard let first = places[id]?.partition.head?.entries.lowerBound else { return }
        let hasRoom = entry.room <= room
        if hasRoom { room -= entry.room }
        places[id]!.put(hasRoom ? entry : nil, at: Int(number - first))
    }
}

extension RedisEntry {
    /// What keeping it takes: its bytes, and what is around them.
    fileprivate var room: Int { size + 512 }
}

extension RedisMerge {
    fileprivate var room: Int { rows.reduce(base.marks.count) { $0 + $1.count + 64 } }
}
