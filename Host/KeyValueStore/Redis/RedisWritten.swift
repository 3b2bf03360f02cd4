import Synchronization

/// What this host has written last of each partition: its head, the sorted part, and the entries since. So merging need
/// read nothing but what finds no room here. Any thread.
final class RedisWritten: Sendable {
    fileprivate struct Place {
        var partition: RedisPartition
        var head: RedisHead
        /// The sorted part that the head names, if it is here.
        var base: RedisMerge?
        /// Those that the head names, from the first on. Nil: it is not here.
        var entries: [RedisEntry?] = []

        var room: Int { (base?.room ?? 0) + entries.reduce(0) { $0 + ($1?.room ?? 0) } }
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
        guard let place = state.withLock({ $0.places[id] }) else { return nil }
        return RedisPartitionContents(
            id, place.head, place.partition.description, source, base: place.base, entries: place.entries)
    }

    func removeAll() { state.withLock { $0 = State(room: limit) } }
}

extension RedisWritten.State {
    fileprivate mutating func note(_ id: RedisPartitionID, _ partition: RedisPartition, _ base: RedisMerge?) {
        let known = places.removeValue(forKey: id)
        guard let head = partition.head else {
            room += known?.room ?? 0
            return
        }
        var place = RedisWritten.Place(partition: partition, head: head)
        if var known {
            if known.head.life == head.life {
                let count = min(known.entries.count, Int(head.entries.lowerBound - known.head.entries.lowerBound))
                swap(&place.entries, &known.entries)
                if count > 0 {
                    known.entries = Array(place.entries[..<count])
                    place.entries.removeFirst(count)
                }
                if known.head.base == head.base { swap(&place.base, &known.base) }
            }
            room += known.room
        }
        if let base, base.room <= room {
            place.base = base
            room -= base.room
        }
        places[id] = place
    }

    fileprivate mutating func add(_ entry: RedisEntry, _ number: UInt64, to id: RedisPartitionID) {
        guard let index = places[id].map({ Int(number - $0.head.entries.lowerBound) }) else { return }
        let hasRoom = entry.room <= room
        if hasRoom { room -= entry.room }
        // Those before it may be of another process.
        while places[id]!.entries.count < index { places[id]!.entries.append(nil) }
        places[id]!.entries.append(hasRoom ? entry : nil)
    }
}

extension RedisEntry {
    /// What keeping it takes: its bytes, and what is around them.
    fileprivate var room: Int { size + 512 }
}

extension RedisMerge {
    fileprivate var room: Int { rows.reduce(base.marks.count) { $0 + $1.count + 64 } }
}
