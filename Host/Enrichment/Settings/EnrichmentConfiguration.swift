package import Settings

/// The section `enrichment`: what is looked up of events before they are stored.
///
///     enrichment:
///       budget: 50ms
///       sources:
///         school: {type: postgresql, host: db.school.example, database: learners, user: lectern, password: {env: DB}}
///         items: {type: file, path: items.csv}
///       enrichers:
///         user-context: {source: school}
///         item-context: {source: items}
package struct EnrichmentConfiguration: Sendable, Equatable {
    /// What is remembered in memory, of each enricher.
    package struct Memory: Sendable, Equatable {
        /// How long an answer counts as fresh, in microseconds.
        package var ttl: Int64 = 5 * 60 * 1_000_000
        /// How long the source is not asked again for what it does not know.
        package var missing: Int64 = 60 * 1_000_000
        /// How much longer an answer may be used while the source does not answer.
        package var stale: Int64 = 60 * 60 * 1_000_000
        /// Answers of each enricher, and their bytes, at most.
        package var entries = 100_000
        package var bytes = 64 << 20

        package init() {}
    }

    /// What one enricher asks.
    package struct Enricher: Sendable, Equatable {
        /// The name of the source.
        package var source: String
        /// Of a database; empty: the plugin's own.
        package var query = ""
        /// Of a web service: what follows the source's address.
        package var path = ""
        /// Of a file: the columns of the key; none: those that are called as the key's parts.
        package var key: [String] = []

        package init(source: String) { self.source = source }
    }

    /// `enabled`: false: nothing is looked up, whatever else is set.
    package var isEnabled = true
    /// `budget`: how long an event may wait for its answers, in microseconds.
    package var budget: Int64 = 50_000
    /// `queue`: look-ups that may wait for one source. What comes beyond is not looked up.
    package var queue = 10_000
    package var memory = Memory()
    /// `redis`: the store that answers are shared in; nil: none.
    package var store: String?
    /// By their names.
    package var sources: [String: SourceConfiguration] = [:]
    /// By their ids.
    package var enrichers: [String: Enricher] = [:]

    package init() {}

    /// Whether anything is to be looked up.
    package var isActive: Bool { isEnabled && !enrichers.isEmpty }

    /// Reads the section. Mistakes are noted in the reader.
    /// - Parameter stores: the names of the stores that may be shared.
    package init(_ reader: SettingsReader, stores: [String]) {
        isEnabled = reader.boolean("enabled", default: true)
        budget = reader.duration("budget", default: .microseconds(budget), in: .zero ... .seconds(10)).microseconds
        queue = reader.integer("queue", default: queue, in: 1...1_000_000)
        let memory = reader.section("memory")
        let limits = Duration.milliseconds(1)...Duration.seconds(30 * 86_400)
        self.memory.ttl = memory.duration("ttl", default: .microseconds(self.memory.ttl), in: limits).microseconds
        self.memory.missing =
            memory.duration("missing", default: .microseconds(self.memory.missing), in: .zero...limits.upperBound)
            .microseconds
        self.memory.stale =
            memory.duration("stale", default: .microseconds(self.memory.stale), in: .zero...limits.upperBound)
            .microseconds
        self.memory.entries = memory.integer("entries", default: self.memory.entries, in: 2...100_000_000)
        self.memory.bytes = memory.size("bytes", default: self.memory.bytes, in: 4096...(1 << 40))
        memory.finish()
        store = reader.string("redis", default: nil as String?)
        if let store, !stores.contains(store) {
            reader.problem(
                "redis", found: "\"\(store)\"",
                expected: stores.isEmpty
                    ? "a store of type redis_ephemeral, and the section kvs has none"
                    : "a store of type redis_ephemeral: \(stores.joined(separator: ", "))",
                remedy: "Add one: kvs.lookups: {type: redis_ephemeral, expiry: 900, timeout: 200ms}.")
        }
        for (name, section) in reader.sections("sources") { sources[name] = SourceConfiguration(section) }
        for (id, section) in reader.sections("enrichers") {
            enrichers[id] = enricher(section)
            section.finish()
        }
        reader.finish()
    }

    private func enricher(_ section: SettingsReader) -> Enricher {
        var enricher = Enricher(source: section.string("source"))
        let known = sources.keys.sorted()
        guard let source = sources[enricher.source] else {
            if section.has("source") {
                section.problem(
                    "source", found: "\"\(enricher.source)\"",
                    expected: known.isEmpty
                        ? "a source, and enrichment.sources has none"
                        : "a source of enrichment.sources: \(known.joined(separator: ", "))")
            }
            section.ignoreOtherKeys()
            return enricher
        }
        switch source.kind {
        case .postgresql: enricher.query = section.string("query", default: "")
        case .http: enricher.path = section.string("path")
        case .file: enricher.key = section.strings("key", default: [])
        }
        return enricher
    }
}
