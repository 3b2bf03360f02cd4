import Dispatch
import Synchronization

/// A store of files: one for each value and each state. For workshops, tests and debugging, where states should be
/// there to look at; many states want `SQLiteStore`.
///
/// A checkpoint, and every other change, is made through a journal: see `JournaledFolder`. One process at a time may
/// open the folder for writing. Every page of a scan lists all files.
package final class FilesystemStore: KeyValueStore {
    private let contents: Mutex<FilesystemContents>
    private let queue = DispatchQueue(label: "kvs.filesystem")

    /// Opens or makes the store in the folder `path`; missing folders are made. With `subdirs`, slashes in keys become
    /// folders. `readOnly` looks at the files of a process that may be running.
    ///
    /// Blocks. Throws a `StoreError`.
    package init(path: String, subdirs: Bool = false, readOnly: Bool = false) throws {
        contents = Mutex(try FilesystemContents.open(path: path, subdirs: subdirs, readOnly: readOnly))
    }

    package func multiGet(_ keys: [String]) async throws -> [String?] {
        try await run { contents in
            var values: [String?] = []
            for key in keys { values.append(try contents.get(key)) }
            return values
        }
    }

    package func multiSet(_ entries: [StoreEntry]) async throws {
        for entry in entries { try entry.check() }
        try await run { try $0.set(entries) }
    }

    package func insert(_ entries: [StoreEntry]) async throws {
        for entry in entries { try entry.check() }
        try await run { contents in
            try contents.set(entries.filter { try contents.get($0.key) == nil })
        }
    }

    package func delete(_ key: String) async throws -> Bool {
        if StateKey(key) != nil { throw StoreError.stateKey(key) }
        return try await run { try $0.delete(key) }
    }

    package func compareAndSet(_ key: String, expected: String?, value: String?) async throws -> Bool {
        try StoreEntry(key: key, value: value ?? "null").check()
        return try await run { contents in
            let present = try contents.get(key)
            guard present.map(StoreKey.init) == expected.map(StoreKey.init) else { return false }
            if let value {
                try contents.set([StoreEntry(key: key, value: value)])
            } else {
                _ = try contents.delete(key)
            }
            return true
        }
    }

    package func scan(prefix: String, after cursor: String?, limit: Int) async throws -> StorePage {
        try await run { contents in
            let page = try Self.page(of: contents.keys(prefix: prefix), after: cursor, limit)
            var entries: [StoreEntry] = []
            for key in page.keys {
                if let value = try contents.get(key) { entries.append(StoreEntry(key: key, value: value)) }
            }
            return StorePage(entries: entries, next: page.next)
        }
    }

    package func keys(prefix: String, after cursor: String?, limit: Int) async throws -> KeyPage {
        try await run { try Self.page(of: $0.keys(prefix: prefix), after: cursor, limit) }
    }

    package func clear() async throws { try await run { try $0.clear() } }

    /// Each value and state has a file of its own, which is gone with it.
    package func compact() throws {}

    package func commit(_ checkpoints: [Checkpoint]) throws {
        try contents.withLock { contents in
            try contents.folder.finish()
            try contents.commit(checkpoints, replacing: nil, nil)
        }
    }

    package func acquire(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs {
        try contents.withLock { contents in
            try contents.folder.finish()
            return try contents.draw(log: log, partitions: partitions, atLeast: atLeast)
        }
    }

    package func replace(plugin: String, with checkpoints: [Checkpoint], as epochs: Epochs) throws {
        try contents.withLock { contents in
            try contents.folder.finish()
            try contents.commit(checkpoints, replacing: plugin, epochs)
        }
    }

    package func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        try contents.withLock { contents in
            try contents.folder.finish()
            return try contents.partitions(plugin: plugin).first { $0.partition == partition }?.restore()
        }
    }

    package func head(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        try contents.withLock { contents in
            try contents.folder.finish()
            return try contents.partitions(plugin: plugin).first { $0.partition == partition }?.checkpointHead()
        }
    }

    package func plugins() throws -> [StoredPosition] {
        try contents.withLock { contents in
            try contents.folder.finish()
            return try contents.partitions().compactMap(\.position)
        }
    }

    /// For tests: called after every step of a change; when it throws, the change stops there.
    package func interrupt(_ afterStep: @escaping @Sendable (_ step: String) throws -> Void) {
        contents.withLock { $0.folder.afterStep = { try afterStep("\($0)") } }
    }

    /// Runs on a thread of its own: files block.
    private func run<T: Sendable>(
        _ body: @escaping @Sendable (inout FilesystemContents) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(
                    with: Result {
                        try self.contents.withLock { contents in
                            try contents.folder.finish()
                            return try body(&contents)
                        }
                    })
            }
        }
    }

    /// The cursor is the last key of the page before.
    private static func page(of keys: [String], after cursor: String?, _ limit: Int) -> KeyPage {
        precondition(limit > 0)
        let rest =
            cursor.map { cursor in
                keys.drop { !cursor.utf8.lexicographicallyPrecedes($0.utf8) }
            } ?? keys[...]
        let page = Array(rest.prefix(limit))
        return KeyPage(keys: page, next: rest.count > limit ? page.last : nil)
    }
}
