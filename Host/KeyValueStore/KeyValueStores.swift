/// The router: all stores of the settings, by name.
package struct KeyValueStores: Sendable {
    /// The store that states are kept in.
    package let `default`: any KeyValueStore
    private let stores: [String: any KeyValueStore]

    /// Opens all stores. Relative paths start at `folder`, the data folder. `readOnly` looks at the stores of a process
    /// that may be running.
    ///
    /// Blocks. Throws a `StoreError`: of the first store that can't be opened.
    ///
    /// - Parameter report: gets sentences for operators, such as that a store's server is away; on any thread.
    package init(
        _ configuration: KeyValueStoreConfiguration, folder: String, readOnly: Bool = false,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        var stores: [String: any KeyValueStore] = [:]
        for store in configuration.stores {
            stores[store.name] = try Self.open(store.kind, folder: folder, readOnly: readOnly) {
                report("kvs.\(store.name): \($0)")
            }
        }
        guard let `default` = stores["default"] else {
            throw StoreError.noStore(name: "default", known: stores.keys.sorted())
        }
        self.stores = stores
        self.default = `default`
    }

    /// Throws `noStore` if the settings have none of this name.
    package func store(named name: String) throws -> any KeyValueStore {
        guard let store = stores[name] else { throw StoreError.noStore(name: name, known: names) }
        return store
    }

    /// The process is about to end: from now on nothing waits long for a server that is away.
    package func stopWaiting() {
        for store in stores.values { store.stopWaiting() }
    }

    package var names: [String] { stores.keys.sorted() }

    /// Opens one store of the settings alone. As `init` otherwise.
    package static func open(
        _ store: KeyValueStoreConfiguration.Store, folder: String, readOnly: Bool = false
    ) throws -> any KeyValueStore {
        try open(store.kind, folder: folder, readOnly: readOnly, report: { _ in })
    }

    /// Asks a store whether it answers, and changes nothing; also while a host has it.
    ///
    /// - Throws: `StoreError`: it does not.
    package static func check(_ store: KeyValueStoreConfiguration.Store, folder: String) async throws {
        let opened = try open(store.kind, folder: folder, readOnly: true, report: { _ in })
        _ = try await opened.get(healthKey)
    }

    /// What hosts keep for themselves has keys that begin like this, and holds nothing that anybody has sent.
    package static let ownPrefix = "lectern:"

    /// No value's name: what is asked for to see whether a store answers is never there.
    package static let healthKey = ownPrefix + "health"

    private static func open(
        _ kind: KeyValueStoreConfiguration.Kind, folder: String, readOnly: Bool,
        report: @escaping @Sendable (String) -> Void
    ) throws -> any KeyValueStore {
        func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
        return switch kind {
        case .stub: StubStore()
        case .filesystem(let path, let subdirs):
            try FilesystemStore(path: absolute(path), subdirs: subdirs, readOnly: readOnly)
        case .sqlite(let path, let durable):
            try SQLiteStore(path: absolute(path), durable: durable, readOnly: readOnly)
        case .redis(let configuration): try RedisStore(configuration, readOnly: readOnly, report: report)
        }
    }
}
