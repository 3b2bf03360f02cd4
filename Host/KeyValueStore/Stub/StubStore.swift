import Synchronization

/// A store in memory, which every start finds empty: states are then folded again from the log. Each stub is a store of
/// its own. For tests, and for caches that may be lost.
package final class StubStore: KeyValueStore {
    private let contents = Mutex(StubContents())

    package init() {}

    package func multiGet(_ keys: [String]) async throws -> [String?] {
        let contents = contents.withLock { $0 }
        return try contents.multiGet(keys)
    }

    package func multiSet(_ entries: [StoreEntry]) async throws {
        for entry in entries { try entry.check() }
        contents.withLock { for entry in entries { $0.values[StoreKey(entry.key)] = entry.value } }
    }

    package func insert(_ entries: [StoreEntry]) async throws {
        for entry in entries { try entry.check() }
        contents.withLock { contents in
            for entry in entries where contents.values[StoreKey(entry.key)] == nil {
                contents.values[StoreKey(entry.key)] = entry.value
            }
        }
    }

    package func delete(_ key: String) async throws -> Bool {
        if StateKey(key) != nil { throw StoreError.stateKey(key) }
        return contents.withLock { $0.values.removeValue(forKey: StoreKey(key)) != nil }
    }

    package func compareAndSet(_ key: String, expected: String?, value: String?) async throws -> Bool {
        try StoreEntry(key: key, value: value ?? "null").check()
        return contents.withLock {
            let present = $0.values[StoreKey(key)]
            guard present.map(StoreKey.init) == expected.map(StoreKey.init) else { return false }
            $0.values[StoreKey(key)] = value
            return true
        }
    }

    package func scan(prefix: String, after cursor: String?, limit: Int) async throws -> StorePage {
        let contents = contents.withLock { $0 }
        return try contents.scan(prefix: prefix, after: cursor, limit: limit, withValues: true)
    }

    package func keys(prefix: String, after cursor: String?, limit: Int) async throws -> KeyPage {
        let contents = contents.withLock { $0 }
        let page = try contents.scan(prefix: prefix, after: cursor, limit: limit, withValues: false)
        return KeyPage(keys: page.entries.map(\.key), next: page.next)
    }

    package func clear() async throws {
        contents.withLock { contents in
            let epochs = contents.epochs
            contents = StubContents()
            contents.epochs = epochs
        }
    }

    package func compact() throws {}

    package func acquire(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs {
        contents.withLock { $0.epochs.draw(log: log, partitions: partitions, atLeast: atLeast) }
    }

    package func commit(_ checkpoints: [Checkpoint]) throws { try commit(checkpoints, replacing: nil, nil) }

    package func replace(plugin: String, with checkpoints: [Checkpoint], as epochs: Epochs) throws {
        try commit(checkpoints, replacing: plugin, epochs)
    }

    private func commit(_ checkpoints: [Checkpoint], replacing plugin: String?, _ epochs: Epochs?) throws {
        for checkpoint in checkpoints {
            for block in checkpoint.blocks { _ = try block.rows(plugin: checkpoint.plugin) }
        }
        try contents.withLock { contents in
            try contents.epochs.check(checkpoints)
            if let epochs { try contents.epochs.check(epochs) }
            var changed = contents
            if let plugin, let epochs { changed.discard(plugin: plugin, as: epochs) }
            for checkpoint in checkpoints { try changed.commit(checkpoint) }
            contents = changed
        }
    }

    package func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        contents.withLock { $0.restore(plugin: plugin, partition: partition) }
    }

    package func head(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        contents.withLock { $0.head(plugin: plugin, partition: partition) }
    }

    package func plugins() throws -> [StoredPosition] {
        contents.withLock { $0.checkpoints.values.map(\.position) }.sorted {
            ($0.plugin, $0.partition) < ($1.plugin, $1.partition)
        }
    }
}

/// A text that is told apart by its bytes, as keys and values are: Swift's own comparison takes é for e and an accent.
struct StoreKey: Hashable {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
}
