/// What a store holds, for reading by key and by prefix. To be used within `RedisSource.consistently`.
struct RedisSnapshot: StoreSnapshot {
    let source: RedisSource
    let values: RedisValues
    /// By the plugin, nil for all: a snapshot reads each head once.
    private let cache = Cache()

    private final class Cache {
        var piles: [String?: [RedisPile]] = [:]
    }

    init(_ source: RedisSource, _ values: RedisValues) {
        self.source = source
        self.values = values
    }

    func value(_ key: String) throws -> String? { try values.value(key) }

    func values(prefix: String, after: String?, limit: Int) throws -> [StoreEntry] {
        try values.page(prefix: prefix, after: after, limit: limit)
    }

    func piles(plugin: String?) throws -> [RedisPile] {
        if let piles = cache.piles[plugin] { return piles }
        let catalog = try source.catalog(plugin: plugin)
        let contents = try source.contents(catalog)
        let piles = zip(catalog, contents).flatMap { entry, contents -> [RedisPile] in
            guard let contents else { return [] }
            return contents.description.piles.indices.map { RedisPile(contents, index: $0, number: entry.number) }
        }
        cache.piles[plugin] = piles
        return piles
    }
}
