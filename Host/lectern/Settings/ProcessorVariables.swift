import KeyValueStore
import Settings

/// Variables of the environment by which event services are configured elsewhere, as further names of settings:
/// `EVENT_PROCESSOR_…` and `REDIS_…`. As `LECTERN_…` variables they win over the file; those win over these.
struct ProcessorVariables {
    /// Variables that name one setting each.
    static let settings = [
        "EVENT_PROCESSOR_ENABLED": "processor.enabled",
        "EVENT_PROCESSOR_WORKERS": "reduction.shards",
        "EVENT_PROCESSOR_BUFFER_SIZE": "ingest.limits.unacknowledged",
    ]

    private static let redis = [
        "REDIS_PASSWORD", "REDIS_POOL_SIZE", "REDIS_ENRICHMENT_DB", "REDIS_AGGREGATION_DB", "REDIS_DEDUPLICATION_DB",
    ]

    /// How long what enrichment has looked up is kept in Redis, in seconds.
    private static let enrichmentExpiry = 900

    /// What an operator should know of what the variables came to.
    private(set) var warnings: [String] = []

    /// Applies the variables that are set and not empty.
    ///
    /// - Throws: `SettingsError` that names the variable.
    static func apply(to settings: inout Settings) throws -> ProcessorVariables {
        var variables = ProcessorVariables()
        for (name, path) in Self.settings.sorted(by: { $0.key < $1.key }) {
            guard let text = settings.variable(name) else { continue }
            try settings.set(path, to: text, variable: name)
        }
        try variables.applyRedis(to: &settings)
        for name in settings.variables(beginningWith: "EVENT_PROCESSOR_") where Self.settings[name] == nil {
            let known = Self.settings.keys.sorted().joined(separator: ", ")
            variables.warnings.append("the variable \(name) is no setting and changes nothing: there are \(known)")
        }
        return variables
    }

    private mutating func applyRedis(to settings: inout Settings) throws {
        if let text = settings.variable("REDIS_ADDRESS") {
            try settings.keepStates(at: try Self.addresses(text), "REDIS_ADDRESS")
        }
        guard settings.isRedis("default") else {
            for name in Self.redis where settings.variable(name) != nil {
                warnings.append(
                    "the variable \(name) changes nothing, since states are not kept in Redis: set REDIS_ADDRESS, or "
                        + "kvs.default of type redis")
            }
            return
        }
        if settings.variable("REDIS_PASSWORD") != nil {
            try settings.set("kvs.default.password", to: "{env: REDIS_PASSWORD}", variable: "REDIS_PASSWORD")
        }
        if let size = settings.variable("REDIS_POOL_SIZE") {
            try settings.set("kvs.default.connections", to: size, variable: "REDIS_POOL_SIZE")
        }
        try applyEnrichment(to: &settings)
        try applyStates(to: &settings)
    }

    /// What enrichment looks up is kept on the same servers, in a store of its own.
    private func applyEnrichment(to settings: inout Settings) throws {
        let name = "REDIS_ENRICHMENT_DB"
        guard let text = settings.variable(name) else { return }
        if !settings.isRedis("enrichment") {
            try settings.copy("kvs.default", to: "kvs.enrichment", without: ["merge_memory", "database"])
            try settings.set("kvs.enrichment.type", to: "redis_ephemeral", variable: name)
            try settings.set("kvs.enrichment.expiry", to: "\(Self.enrichmentExpiry)", variable: name)
        }
        try settings.setDatabase(try Self.number(text, name), of: "enrichment", name)
        if settings.text(at: "enrichment.redis") == nil {
            try settings.set("enrichment.redis", to: "enrichment", variable: name)
        }
    }

    /// States and the marks of dedup are one checkpoint, which is stored as a whole or not at all, and so in one place.
    private mutating func applyStates(to settings: inout Settings) throws {
        let states = settings.variable("REDIS_AGGREGATION_DB")
        let marks = settings.variable("REDIS_DEDUPLICATION_DB")
        let (name, text) = states.map { ("REDIS_AGGREGATION_DB", $0) } ?? ("REDIS_DEDUPLICATION_DB", marks ?? "")
        if text.isEmpty { return }
        let database = try Self.number(text, name)
        try settings.setDatabase(database, of: "default", name)
        guard let marks, states != nil, try Self.number(marks, "REDIS_DEDUPLICATION_DB") != database else { return }
        warnings.append(
            "REDIS_DEDUPLICATION_DB=\(marks) changes nothing: the ids that dedup knows are stored with the states that they "
                + "belong to, in one transaction, and so in database \(database), which REDIS_AGGREGATION_DB names")
    }

    private static func addresses(_ text: String) throws -> [RedisAddress] {
        try text.split(separator: ",").map { part in
            let text = part.drop { $0 == " " }
            let address = RedisAddress(text.contains(":") ? String(text) : "\(text):6379")
            guard let address else {
                throw SettingsError(
                    place: "environment REDIS_ADDRESS", found: "\"\(part)\"",
                    expected: "HOST:PORT, or several nodes of a cluster with commas between them")
            }
            return address
        }
    }

    private static func number(_ text: String, _ name: String) throws -> Int {
        guard let number = Int(text), (0...9999).contains(number) else {
            throw SettingsError(
                place: "environment \(name)", found: "\"\(text)\"", expected: "the number of a database, 0 or more")
        }
        return number
    }
}

extension Settings {
    fileprivate func isRedis(_ store: String) -> Bool {
        text(at: "kvs.\(store).type")?.hasPrefix("redis") ?? false
    }

    /// Makes the default store one on these servers. What a file says of a store of another type goes.
    fileprivate mutating func keepStates(at nodes: [RedisAddress], _ variable: String) throws {
        if !isRedis("default") { try set("kvs.default", to: "{type: redis}", variable: variable) }
        if nodes.count == 1, case .tcp(let host, let port) = nodes[0] {
            try set("kvs.default.host", to: host, variable: variable)
            try set("kvs.default.port", to: "\(port)", variable: variable)
        } else {
            let list = nodes.map { "\"\($0)\"" }.joined(separator: ", ")
            try set("kvs.default.nodes", to: "[\(list)]", variable: variable)
        }
    }

    /// A cluster has one database alone: there the number is part of the prefix.
    fileprivate mutating func setDatabase(_ database: Int, of store: String, _ variable: String) throws {
        if hasSomething(at: "kvs.\(store).nodes") {
            let prefix = text(at: "kvs.\(store).prefix") ?? "lectern:"
            try set("kvs.\(store).prefix", to: "\(prefix)\(database):", variable: variable)
        } else {
            try set("kvs.\(store).database", to: "\(database)", variable: variable)
        }
    }
}
