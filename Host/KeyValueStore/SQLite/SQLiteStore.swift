import Dispatch
import Foundation
import GRDB
import Synchronization

/// The embedded store: one SQLite database in WAL mode.
///
/// A checkpoint is one transaction. It writes rows of many states each, which pile up and are merged when a pile has
/// become several times its states, so that the database stays within a small multiple of the live states, and committing
/// a state costs little more than copying it.
package final class SQLiteStore: KeyValueStore {
    private let path: String
    private let pool: DatabasePool
    /// Nil until the first commit, and after one that failed.
    private let piles = Mutex<SQLitePiles?>(nil)

    /// Opens or makes the database; missing folders are made. `durable`: a commit outlives a power cut, and not only a
    /// crash of the process. `readOnly` looks at the database of a process that may be running.
    ///
    /// Blocks. Throws a `StoreError`.
    package init(path: String, durable: Bool = true, readOnly: Bool = false) throws {
        self.path = path
        pool = try Self.rethrowing("open", path) {
            if !readOnly {
                let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            }
            var configuration = Configuration()
            configuration.readonly = readOnly
            configuration.label = "kvs"
            // Another process may be merging: the command line looks into running hosts.
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { if !readOnly { try SQLiteSchema.prepareConnection($0) } }
            let pool = try DatabasePool(path: path, configuration: configuration)
            if readOnly {
                try pool.read { try SQLiteSchema.prepareDatabase($0, path: path) }
            } else {
                // GRDB sets it to NORMAL while it opens a pool.
                let synchronous = durable ? "FULL" : "NORMAL"
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
                try pool.write { try SQLiteSchema.prepareDatabase($0, path: path) }
            }
            return pool
        }
    }

    package func multiGet(_ keys: [String]) async throws -> [String?] {
        try await read { try $0.multiGet(keys) }
    }

    package func multiSet(_ entries: [StoreEntry]) async throws {
        for entry in entries { try entry.check() }
        try await write { for entry in entries { try $0.set(entry) } }
    }

    package func insert(_ entries: [StoreEntry]) async throws {
        for entry in entries { try entry.check() }
        try await write { snapshot in
            for entry in entries where try snapshot.value(entry.key) == nil { try snapshot.set(entry) }
        }
    }

    package func delete(_ key: String) async throws -> Bool {
        if StateKey(key) != nil { throw StoreError.stateKey(key) }
        return try await write { try $0.delete(key) }
    }

    package func compareAndSet(_ key: String, expected: String?, value: String?) async throws -> Bool {
        try StoreEntry(key: key, value: value ?? "null").check()
        return try await write { snapshot in
            let present = try snapshot.value(key)
            guard present.map(StoreKey.init) == expected.map(StoreKey.init) else { return false }
            if let value { try snapshot.set(StoreEntry(key: key, value: value)) } else { _ = try snapshot.delete(key) }
            return true
        }
    }

    package func scan(prefix: String, after cursor: String?, limit: Int) async throws -> StorePage {
        try await read { try $0.scan(prefix: prefix, after: cursor, limit: limit, withValues: true) }
    }

    package func keys(prefix: String, after cursor: String?, limit: Int) async throws -> KeyPage {
        let page = try await read { try $0.scan(prefix: prefix, after: cursor, limit: limit, withValues: false) }
        return KeyPage(keys: page.entries.map(\.key), next: page.next)
    }

    package func clear() async throws {
        try await withCheckedThrowingContinuation { continuation in
            // It waits for commits, which must not hold up a thread that tasks run on.
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try self.changePiles { piles, db in
                            piles = nil
                            for table in ["value", "mark", "checkpoint", "block", "pile"] {
                                try db.execute(sql: "DELETE FROM \(table)")
                            }
                        }
                    })
            }
        }
    }

    package func compact() throws {
        try Self.rethrowing("write", path) {
            try pool.barrierWriteWithoutTransaction { db in
                try db.execute(sql: "VACUUM")
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        }
    }

    package func acquire(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs {
        try Self.rethrowing("write", path) {
            try pool.write { try SQLiteEpochs.draw(log: log, partitions: partitions, atLeast: atLeast, $0) }
        }
    }

    package func commit(_ checkpoints: [Checkpoint]) throws {
        try changePiles { piles, db in
            try SQLiteEpochs.check(checkpoints, db)
            if piles == nil { piles = try SQLitePiles(db) }
            try piles?.commit(checkpoints, to: db)
        }
    }

    package func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        try Self.rethrowing("read", path) {
            try pool.read { try SQLiteRestore.checkpoint($0, plugin: plugin, partition: partition) }
        }
    }

    package func head(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        try Self.rethrowing("read", path) {
            try pool.read { try SQLiteRestore.head($0, plugin: plugin, partition: partition)?.checkpoint }
        }
    }

    package func plugins() throws -> [StoredPosition] {
        try Self.rethrowing("read", path) { try pool.read(SQLiteRestore.positions) }
    }

    package func replace(plugin: String, with checkpoints: [Checkpoint], as epochs: Epochs) throws {
        try changePiles { piles, db in
            try SQLiteEpochs.check(epochs, db)
            try SQLiteEpochs.check(checkpoints, db)
            try SQLiteRestore.discard(db, plugin: plugin, as: epochs)
            piles = try SQLitePiles(db)
            try piles?.commit(checkpoints, to: db)
        }
    }

    /// One transaction with what is known of the piles, which is forgotten if the transaction fails.
    private func changePiles(_ change: (inout SQLitePiles?, Database) throws -> Void) throws {
        try Self.rethrowing("write", path) {
            // Locked to the end of the transaction, so that nobody goes on with what a failed one has left.
            try piles.withLock { piles in
                var changed = piles
                piles = nil
                try pool.write { try change(&changed, $0) }
                piles = changed
            }
        }
    }

    private func read<T: Sendable>(_ body: @escaping @Sendable (SQLiteSnapshot) throws -> T) async throws -> T {
        do {
            return try await pool.read { try body(SQLiteSnapshot(db: $0)) }
        } catch let error as DatabaseError {
            throw Self.storeError("read", path, error)
        }
    }

    private func write<T: Sendable>(_ body: @escaping @Sendable (SQLiteSnapshot) throws -> T) async throws -> T {
        do {
            return try await pool.write { try body(SQLiteSnapshot(db: $0)) }
        } catch let error as DatabaseError {
            throw Self.storeError("write", path, error)
        }
    }

    private static func rethrowing<T>(_ action: String, _ path: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw storeError(action, path, error)
        } catch let error as CocoaError {
            throw StoreError.system(action: action, path: path, reason: error.localizedDescription)
        }
    }

    private static func storeError(_ action: String, _ path: String, _ error: DatabaseError) -> StoreError {
        let reason = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        return switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt(place: path, found: reason)
        default: .system(action: action, path: path, reason: reason)
        }
    }
}
