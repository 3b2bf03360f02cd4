import Synchronization

/// Entries that this host has written and that are not merged yet, so that merging need not read them. What finds no room
/// is read. Any thread.
final class RedisRecentEntries: Sendable {
    private struct Partition {
        var life: UInt64
        /// The number of the first.
        var first: UInt64
        /// Nil: it is not here.
        var entries: [RedisEntry?] = []

        /// Numbers rise by one; those before the first that is put are not here.
        mutating func put(_ entry: RedisEntry?, _ number: UInt64) {
            while first + UInt64(entries.count) < number { entries.append(nil) }
            entries.append(entry)
        }

        /// Forgets those before a number.
        ///
        /// - Returns: the room that they took.
        mutating func forget(before number: UInt64) -> Int {
            let count = min(entries.count, Int(number - first))
            let room = entries[..<count].reduce(0) { $0 + ($1?.room ?? 0) }
            entries.removeFirst(count)
            first = number
            return room
        }
    }

    private struct State {
        var partitions: [RedisPartitionID: Partition] = [:]
        var room: Int
    }

    private let state: Mutex<State>
    private let limit: Int

    /// - Parameter limit: bytes.
    init(limit: Int) {
        self.limit = limit
        state = Mutex(State(room: limit))
    }

    /// Takes what a change has added, and forgets what heads no longer name.
    func note(_ change: RedisChange) {
        state.withLock { state in
            for (id, changed) in change.partitions {
                if let known = state.partitions[id], known.life != changed.head?.life {
                    state.room += known.entries.reduce(0) { $0 + ($1?.room ?? 0) }
                    state.partitions[id] = nil
                }
                guard let head = changed.head else { continue }
                let first = head.entries.lowerBound
                var partition = state.partitions.removeValue(forKey: id) ?? Partition(life: head.life, first: first)
                state.room += partition.forget(before: first)
                state.partitions[id] = partition
            }
            for (id, number, entry) in change.entries {
                let hasRoom = entry.room <= state.room
                if hasRoom { state.room -= entry.room }
                state.partitions[id]?.put(hasRoom ? entry : nil, number)
            }
        }
    }

    /// Those of a head that are here.
    func entries(_ id: RedisPartitionID, _ head: RedisHead) -> [UInt64: RedisEntry] {
        let partition = state.withLock { $0.partitions[id] }
        guard let partition, partition.life == head.life else { return [:] }
        var entries: [UInt64: RedisEntry] = [:]
        for (index, entry) in partition.entries.enumerated() { entries[partition.first + UInt64(index)] = entry }
        return entries
    }

    func removeAll() { state.withLock { $0 = State(room: limit) } }
}

extension RedisEntry {
    /// What keeping it takes: its bytes, and what is around them.
    fileprivate var room: Int { size + 512 }
}
