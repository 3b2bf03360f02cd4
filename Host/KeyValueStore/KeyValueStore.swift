/// A store of JSON values by key, which also holds the states of plugins.
///
/// Keys are texts of any kind (told apart by their UTF-8 bytes), values are JSON texts, kept as given. The keys that
/// `StateKey` can read belong to the checkpoints: they are read like any other key, and not written. An `Internal`
/// state is shown as JSON; an `External` state of a component that has none of its own is its internal one.
///
/// Every method can be called on any thread. What throws has changed nothing.
package protocol KeyValueStore: CheckpointStore {
    /// The values of the keys, each nil where its key has none.
    func multiGet(_ keys: [String]) async throws -> [String?]

    /// Sets the values, all of them or none. Throws if one is no JSON or a key is a state's.
    func multiSet(_ entries: [StoreEntry]) async throws

    /// As `multiSet`, but keys that have a value keep it. Each key once.
    func insert(_ entries: [StoreEntry]) async throws

    /// Returns whether there was a value.
    @discardableResult
    func delete(_ key: String) async throws -> Bool

    /// If the key's value is `expected`, byte for byte (nil: it has none), makes it `value` (nil: deletes it) and
    /// returns true.
    func compareAndSet(_ key: String, expected: String?, value: String?) async throws -> Bool

    /// A page of entries whose keys begin with `prefix`, in an order of the store's own. `after` is the cursor of the
    /// page before, nil for the first; `limit` is 1 at least. A key that is there from the first page to the last is
    /// met exactly once.
    func scan(prefix: String, after cursor: String?, limit: Int) async throws -> StorePage

    /// As `scan`, without the values.
    func keys(prefix: String, after cursor: String?, limit: Int) async throws -> KeyPage

    /// Removes everything, checkpoints too; but not which epochs were drawn.
    func clear() async throws

    /// Leaves nothing in the store's files of what was removed or replaced. Blocks, for as long as it takes to write all that
    /// the store holds.
    func compact() throws

    /// The process is about to end: from now on nothing waits long for a server that is away.
    func stopWaiting()
}

/// A key and its value, a JSON text.
package struct StoreEntry: Sendable, Equatable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

package struct StorePage: Sendable {
    package var entries: [StoreEntry]
    /// What to pass as `after` for the next page; nil if this was the last.
    package var next: String?
}

package struct KeyPage: Sendable {
    package var keys: [String]
    /// As in `StorePage`.
    package var next: String?
}

extension KeyValueStore {
    /// A store on this machine has nobody to wait for.
    package func stopWaiting() {}

    package func get(_ key: String) async throws -> String? { try await multiGet([key])[0] }

    package func set(_ key: String, _ value: String) async throws {
        try await multiSet([StoreEntry(key: key, value: value)])
    }
}
