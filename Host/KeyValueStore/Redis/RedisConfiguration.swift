package import Settings

/// A Redis server, or a Redis Cluster, and what of it a store uses.
package struct RedisConfiguration: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
        case server(RedisAddress)
        /// Any nodes of a cluster; the others are asked of them.
        case cluster([RedisAddress])
    }

    package struct TLS: Sendable, Equatable {
        /// A file of certificates in PEM that the server's must descend from; nil: the system's.
        package var ca: String?
        /// Files in PEM of the certificate that this host shows, and its key; nil: it shows none.
        package var certificate: String?
        package var key: String?
        /// Whether the server's certificate is checked, and that it is the host's of the settings.
        package var verifies = true

        package init() {}
    }

    package var place: Place
    package var user: String?
    package var password: Secret?
    /// Nil: the connection is plain.
    package var tls: TLS?
    /// Of a server that is no cluster.
    package var database = 0
    /// What all keys of the store begin with.
    package var prefix = "lectern:"
    /// Seconds after which a value is forgotten; nil: never.
    package var expiry: Int?
    /// How long the server may take to answer.
    package var timeout = Duration.seconds(5)
    /// How long connecting may take.
    package var connectTimeout = Duration.seconds(2)
    /// The pause after a connection that failed; doubled with each that fails in a row, up to the limit.
    package var reconnect = Duration.milliseconds(50)
    package var reconnectLimit = Duration.seconds(2)
    /// How long the reading of states waits for a server that is away.
    package var patience = Duration.seconds(60)
    /// How long the last checkpoint waits for a server that is away, when the host ends.
    package var shutdown = Duration.seconds(10)
    /// Connections for values; checkpoints have two of their own.
    package var connections = 1
    /// Requests that may wait for one connection.
    package var pipeline = 10_000

    /// How many bytes of checkpoints may be kept until they are merged, so that merging need not read them.
    package var mergeMemory = 32 << 20

    package init(place: Place) { self.place = place }

    /// What tells one store's place from another's.
    var identity: String { "\(place) \(database) \(prefix)" }

    /// The server for messages.
    var name: String {
        switch place {
        case .server(let address): "redis \(address)"
        case .cluster(let nodes): "redis cluster \(nodes.map(\.description).joined(separator: ", "))"
        }
    }
}

extension RedisConfiguration {
    /// Reads a store's section:
    ///
    ///     type: redis                    # or redis_ephemeral, which needs expiry
    ///     host: 127.0.0.1
    ///     port: 6379
    ///     socket: /run/redis.sock        # a unix socket, instead of host and port
    ///     nodes: [10.0.0.1:6379, ...]    # some nodes of a cluster, instead of host, port, socket and database
    ///     user: lectern                  # with the password; none: the server's default user
    ///     password: {env: REDIS_PASSWORD}
    ///     tls: {enabled: true, ca: ca.pem, verify: true, certificate: host.pem, key: host.key}
    ///     database: 0
    ///     prefix: "lectern:"
    ///     expiry: 30                     # seconds
    ///     timeout: 5s                    # for an answer
    ///     connect_timeout: 2s
    ///     reconnect: 50ms                # the first pause; doubled up to reconnect_limit
    ///     reconnect_limit: 2s
    ///     patience: 60s                  # for states, while the server is away
    ///     shutdown: 10s                  # for the last checkpoint, when the host ends meanwhile
    ///     connections: 1
    ///     pipeline: 10000                # requests that may wait for one connection
    ///     merge_memory: 32MiB            # of checkpoints, so that merging them need not read them; of a redis
    init(_ section: SettingsReader, expires: Bool) {
        self.init(place: Self.place(section))
        user = section.string("user", default: nil)
        password = section.secret("password")
        if user != nil && !section.has("password") {
            section.problem("user", found: "a user", expected: "a password, too", remedy: "Set `password`.")
        }
        tls = Self.tls(section.section("tls"))
        if case .server(let address) = place, address.isSocket, tls != nil {
            section.problem("tls", found: "TLS over a unix socket", expected: "host and port")
        }
        database = section.integer("database", default: 0, in: 0...)
        if case .cluster = place, database != 0 {
            section.problem(
                "database", found: "\(database) and a cluster", expected: "0, which is the only one of a cluster",
                remedy: "Tell stores apart by their prefix.")
        }
        prefix = section.string("prefix", default: prefix)
        if prefix.contains(where: { "{}".contains($0) }) {
            section.problem("prefix", found: "\"\(prefix)\"", expected: "a text without braces")
        }
        expiry = expires ? section.integer("expiry", in: 1...Int(Int32.max)) : nil
        let limits = Duration.milliseconds(1)...Duration.seconds(3600)
        timeout = section.duration("timeout", default: timeout, in: limits)
        connectTimeout = section.duration("connect_timeout", default: connectTimeout, in: limits)
        reconnect = section.duration("reconnect", default: reconnect, in: limits)
        reconnectLimit = section.duration("reconnect_limit", default: max(reconnectLimit, reconnect), in: limits)
        patience = section.duration("patience", default: patience)
        shutdown = section.duration("shutdown", default: shutdown)
        connections = section.integer("connections", default: connections, in: 1...64)
        pipeline = section.integer("pipeline", default: pipeline, in: 1...1_000_000)
        if !expires { mergeMemory = section.size("merge_memory", default: mergeMemory) }
    }

    private static func place(_ section: SettingsReader) -> Place {
        if section.has("nodes") {
            for key in ["host", "port", "socket"] where section.has(key) {
                section.problem(key, found: "a server and the nodes of a cluster", expected: "one of both")
            }
            let nodes = section.strings("nodes").compactMap { text -> RedisAddress? in
                let address = RedisAddress(text)
                if address == nil { section.problem("nodes", found: "\"\(text)\"", expected: "HOST:PORT") }
                return address
            }
            return .cluster(nodes)
        }
        if let path = section.string("socket", default: nil) {
            for key in ["host", "port"] where section.has(key) {
                section.problem(key, found: "an address and a unix socket", expected: "one of both")
            }
            return .server(.socket(path))
        }
        let host = section.string("host", default: "127.0.0.1")
        return .server(.tcp(host: host, port: section.integer("port", default: 6379, in: 1...65535)))
    }

    private static func tls(_ section: SettingsReader) -> TLS? {
        var tls = TLS()
        let isEnabled = section.boolean("enabled", default: false)
        tls.ca = section.string("ca", default: nil)
        tls.verifies = section.boolean("verify", default: true)
        tls.certificate = section.string("certificate", default: nil)
        tls.key = section.string("key", default: nil)
        if (tls.certificate == nil) != (tls.key == nil) {
            section.problem(
                tls.key == nil ? "key" : "certificate", found: "nothing",
                expected: "a file: certificate and key go together")
        }
        return isEnabled ? tls : nil
    }
}
