/// Several stores as one: each plugin's checkpoints are in the one that the settings name for it.
package struct PluginStores: CheckpointStore {
    private let others: [String: any CheckpointStore]
    private let usual: any CheckpointStore
    /// The names in `others`, by plugin.
    private let names: [String: String]

    /// - Parameter names: of stores, by plugin; the others' checkpoints are in the default store.
    /// - Throws: `StoreError.noStore` if there is none of a name.
    package init(_ stores: KeyValueStores, names: [String: String]) throws {
        self.names = names
        usual = stores.default
        var others: [String: any CheckpointStore] = [:]
        for name in Set(names.values) { others[name] = try stores.store(named: name) }
        self.others = others
    }

    private func store(of plugin: String) -> any CheckpointStore { names[plugin].flatMap { others[$0] } ?? usual }

    /// What goes to one store is stored all or not at all. Each plugin's checkpoints stand for themselves, so nothing more is
    /// needed.
    package func commit(_ checkpoints: [Checkpoint]) throws {
        for (name, checkpoints) in Dictionary(grouping: checkpoints, by: { names[$0.plugin] }) {
            try (name.flatMap { others[$0] } ?? usual).commit(checkpoints)
        }
    }

    package func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        try store(of: plugin).restore(plugin: plugin, partition: partition)
    }

    package func changes(plugin: String, partition: Int, since version: StoredVersion) throws -> StoredChanges? {
        try store(of: plugin).changes(plugin: plugin, partition: partition, since: version)
    }

    package func head(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        try store(of: plugin).head(plugin: plugin, partition: partition)
    }

    package func plugins() throws -> [StoredPosition] {
        // A store may also hold what a plugin left there before the settings named another one.
        let all =
            try usual.plugins().filter { names[$0.plugin] == nil }
            + others.flatMap { name, store in try store.plugins().filter { names[$0.plugin] == name } }
        return all.sorted { ($0.plugin, $0.partition) < ($1.plugin, $1.partition) }
    }

    package func replace(plugin: String, with checkpoints: [Checkpoint], as epochs: Epochs) throws {
        try store(of: plugin).replace(plugin: plugin, with: checkpoints, as: epochs)
    }

    /// Draws from every store, until all have given the same numbers.
    package func acquire(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs {
        let stores = [usual] + others.sorted { $0.key < $1.key }.map(\.value)
        var target = Epochs(log: log, numbers: atLeast.filter { partitions.contains($0.key) })
        var drawn = [Epochs?](repeating: nil, count: stores.count)
        while drawn.contains(where: { $0 != target }) {
            for (index, store) in stores.enumerated() where drawn[index] != target {
                let epochs = try store.acquire(log: log, partitions: partitions, atLeast: target.numbers)
                drawn[index] = epochs
                target.numbers.merge(epochs.numbers) { max($0, $1) }
            }
        }
        return target
    }
}
