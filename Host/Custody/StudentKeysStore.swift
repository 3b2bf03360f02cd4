package import EventLog
import FoundationEssentials
package import KeyValueStore
import Records

/// The keys that seal a log in Kafka, in a store of the settings:
///
///     lectern:student-key/PSEUDONYM   64 hexadecimal digits, or "destroyed", for good
///     lectern:erased-students         the decisions to erase students, of all hosts of the log
///
/// Any thread. What is not `async` blocks.
package struct StudentKeysStore: StudentKeyStore {
    package let name: String
    private let store: any KeyValueStore

    private static let prefix = KeyValueStores.ownPrefix + "student-key/"
    private static let decisionsKey = KeyValueStores.ownPrefix + "erased-students"
    private static let destroyed = "\"destroyed\""
    /// What is asked for at once.
    private static let batch = 1000

    /// - Parameter name: what messages call the store.
    package init(_ store: any KeyValueStore, name: String) {
        self.store = store
        self.name = name
    }

    /// The store that a host's settings name; nil if its log is not sealed.
    ///
    /// - Throws: `StoreError` if the store is not one that keeps what it has.
    package init?(_ configuration: EventLogConfiguration, _ stores: KeyValueStores) throws {
        guard let sealing = configuration.kafka?.sealing else { return nil }
        self.init(try stores.store(named: sealing.keys), name: "kvs.\(sealing.keys)")
        // Draws nothing, and is refused by what forgets.
        _ = try store.acquire(log: [], partitions: [])
    }

    private static func key(_ actor: UInt64) -> String { prefix + PseudonymText.text(actor) }

    // MARK: Keys

    package func find(_ actors: [UInt64]) throws -> [StoredKey?] {
        try ThreadExecutor.run { try await keys(of: actors) }.get()
    }

    private func keys(of actors: [UInt64]) async throws -> [StoredKey?] {
        var found: [StoredKey?] = []
        for start in stride(from: 0, to: actors.count, by: Self.batch) {
            let names = actors[start..<min(start + Self.batch, actors.count)].map(Self.key)
            for (name, value) in zip(names, try await store.multiGet(names)) { found.append(try read(value, name)) }
        }
        return found
    }

    private func read(_ value: String?, _ key: String) throws -> StoredKey? {
        guard let value else { return nil }
        if value == Self.destroyed { return .destroyed }
        guard let found = StudentKey(hexadecimal: value.dropFirst().dropLast()) else {
            throw LogError(.keys, "\(name), \(key): this is no student's key; restore the store from a copy")
        }
        return .key(found)
    }

    package func insert(_ keys: [(actor: UInt64, key: StudentKey)]) throws {
        let entries = keys.map { actor, key in
            StoreEntry(key: Self.key(actor), value: "\"\(key.withUnsafeBytes { SHA256.hexadecimal($0) })\"")
        }
        try ThreadExecutor.run {
            for start in stride(from: 0, to: entries.count, by: Self.batch) {
                try await store.insert(Array(entries[start..<min(start + Self.batch, entries.count)]))
            }
        }.get()
    }

    // MARK: Erasures

    package func erased() throws -> Set<UInt64> {
        try ThreadExecutor.run { Set(try await decisions().flatMap(\.pseudonyms)) }.get()
    }

    /// What was decided on all hosts of the log.
    func decisions() async throws -> [ErasureDecision] { try decode(try await store.get(Self.decisionsKey)) }

    private func decode(_ list: String?) throws -> [ErasureDecision] {
        guard let list else { return [] }
        guard let decisions = try? JSONDecoder().decode([ErasureDecision].self, from: Data(list.utf8)) else {
            throw LogError(
                .keys, "\(name), \(Self.decisionsKey): this is no list of erasures; restore the store from a copy")
        }
        return decisions
    }

    /// Destroys the keys of students: no host opens what they sealed, nor makes others, and every host knows of it within a
    /// second or two.
    ///
    /// - Returns: how many keys there were.
    func destroy(_ decisions: [ErasureDecision]) async throws -> Int {
        try await list(decisions)
        let actors = decisions.flatMap(\.pseudonyms)
        let lost = zip(actors, try await keys(of: actors)).filter { $0.1 != .destroyed }
        try await store.multiSet(lost.map { StoreEntry(key: Self.key($0.0), value: Self.destroyed) })
        return lost.count { $0.1 != nil }
    }

    private func list(_ decisions: [ErasureDecision]) async throws {
        while true {
            let old = try await store.get(Self.decisionsKey)
            let listed = try decode(old)
            let new = decisions.filter { new in
                !listed.contains { $0.log == new.log && $0.pseudonyms == new.pseudonyms }
            }
            if new.isEmpty { return }
            let list = String(decoding: try JSONEncoder().encode(listed + new), as: UTF8.self)
            if try await store.compareAndSet(Self.decisionsKey, expected: old, value: list) { return }
        }
    }
}
