package import Settings

/// The stores that the settings name, in their order. Without settings there is one, `default`, an SQLite database.
package struct KeyValueStoreConfiguration: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case stub
        /// See `FilesystemStore`.
        case filesystem(path: String, subdirs: Bool)
        /// See `SQLiteStore`.
        case sqlite(path: String, durable: Bool)
        /// See `RedisStore`. With an expiry it is a `redis_ephemeral`.
        case redis(RedisConfiguration)

        /// Why it can't hold states, or nil.
        package var forgets: String? {
            if case .redis(let configuration) = self, let expiry = configuration.expiry {
                "a redis_ephemeral, which forgets after \(expiry) s"
            } else {
                nil
            }
        }
    }

    package struct Store: Sendable, Equatable {
        package let name: String
        package let kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    package let stores: [Store]

    /// The default store alone, for a process that is no host's: instead of one on a server, which belongs to the hosts that
    /// use it, a database.
    package var local: Self {
        if let store = stores.first(where: { $0.name == "default" }), case .redis = store.kind { return Self() }
        return Self(stores: stores.filter { $0.name == "default" })
    }

    private init(stores: [Store]) { self.stores = stores }

    /// The configuration that holds where nothing is set.
    package init() { stores = [Store(name: "default", kind: .sqlite(path: "default.sqlite", durable: true))] }

    /// Reads the section `kvs`, a mapping of names to stores or a list of `[name, store]` pairs:
    ///
    ///     kvs:
    ///       default: {type: sqlite, path: states.sqlite, durable: true}
    ///       cache: {type: stub}
    ///       workshop: {type: filesystem, path: .lo_kvs, subdirs: true}
    ///       states: {type: redis, host: 127.0.0.1, port: 6379}
    ///       lookups: {type: redis_ephemeral, expiry: 30}
    ///
    /// See `RedisConfiguration` for what the last two can have besides.
    package init(_ reader: SettingsReader) {
        let sections = reader.sections()
        if sections.isEmpty && !reader.isBroken {
            self = Self()
            return
        }
        var stores: [Store] = []
        for (name, section) in sections {
            guard let kind = Self.kind(section, name: name) else { continue }
            if let path = Self.path(kind), let other = stores.first(where: { Self.path($0.kind) == path }) {
                section.problem(
                    "path", found: "\"\(path)\", which the store `\(other.name)` has", expected: "a path of its own")
            }
            if case .redis(let redis) = kind,
                let other = stores.first(where: {
                    if case .redis(let other) = $0.kind { other.identity == redis.identity } else { false }
                })
            {
                section.problem(
                    "prefix", found: "\"\(redis.prefix)\" on a server where the store `\(other.name)` has it",
                    expected: "a prefix of its own")
            }
            if name == "default", let reason = kind.forgets {
                section.problem(
                    "type", found: reason,
                    expected: "a store that keeps what it has, since states are kept in this one",
                    remedy: "Choose sqlite, redis or filesystem.")
            }
            stores.append(Store(name: name, kind: kind))
        }
        if !reader.isBroken && !sections.contains(where: { $0.name == "default" }) {
            reader.problem(
                "default", found: "no store of this name", expected: "one", remedy: "States are kept in it.")
        }
        self.stores = stores
    }

    private enum TypeName: String, CaseIterable {
        case stub, filesystem, sqlite, redis
        case redisEphemeral = "redis_ephemeral"
    }

    private static func kind(_ section: SettingsReader, name: String) -> Kind? {
        switch section.choice("type", default: nil as TypeName?) {
        case .stub: return .stub
        case .filesystem:
            return .filesystem(path: section.string("path"), subdirs: section.boolean("subdirs", default: false))
        case .sqlite:
            return .sqlite(
                path: section.string("path", default: "\(name).sqlite"),
                durable: section.boolean("durable", default: true))
        case .redis: return .redis(RedisConfiguration(section, expires: false))
        case .redisEphemeral: return .redis(RedisConfiguration(section, expires: true))
        case nil:
            // A wrong type is a mistake already, an absent one becomes one here.
            if !section.has("type") { _ = section.choice("type", of: TypeName.self) }
            section.ignoreOtherKeys()
            return nil
        }
    }

    private static func path(_ kind: Kind) -> String? {
        switch kind {
        case .stub, .redis: nil
        case .filesystem(let path, _), .sqlite(let path, _): path
        }
    }
}
