package import PluginHost
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
///       derived:
///         checks:
///           retention: forgetting(user_context.average_score, 3)
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
        /// Of a table: how long ago the window of a row may have begun, in microseconds; nil: that does not matter.
        package var within: Int64?
        /// How long an answer in memory is fresh, in microseconds; nil: as long as `memory` says.
        package var ttl: Int64?
        /// What it is, if no plugin has it.
        package var declared: DeclaredEnricher?

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
    /// `derived`: members of events that functions of plugins compute, in the order in which they were written.
    package var derived: [DeclaredMember] = []

    package init() {}

    /// How long a row of a table is fresh: they change all the time.
    private static let tableTTL: Int64 = 1_000_000

    /// Whether anything is to be looked up, or derived.
    package var isActive: Bool { isEnabled && !(enrichers.isEmpty && derived.isEmpty) }

    /// The tables of plugins that enrichers look up in, and of how many keys rows may be in memory.
    package var tables: [TableID: Int] {
        guard isActive else { return [:] }
        var tables: [TableID: Int] = [:]
        for enricher in enrichers.values {
            guard case .table(let table) = sources[enricher.source]?.kind else { continue }
            tables[table.id] = max(tables[table.id] ?? 0, table.rows)
        }
        return tables
    }

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
        for (member, section) in reader.sections("derived") {
            derived += DeclaredMember.all(of: member, section)
            if !AnswerMember.isValid(member) {
                reader.problem("derived.\(member)", found: "a member \"\(member)\"", expected: AnswerMember.rule)
            }
        }
        checkMembers(reader)
        reader.finish()
    }

    /// No two enrichers, and no enricher and something derived, have the same member of events.
    private func checkMembers(_ reader: SettingsReader) {
        var owners: [String: String] = [:]
        for (id, enricher) in enrichers.sorted(by: { $0.key < $1.key }) {
            guard let member = enricher.declared?.member, !member.isEmpty else { continue }
            if let other = owners[member] {
                reader.problem(
                    "enrichers.\(id).member", found: "\"\(member)\"",
                    expected: "a member that no other enricher has, and \(other) has it")
            }
            owners[member] = id
        }
        for member in Set(derived.map(\.member)).sorted() {
            guard let owner = owners[member] else { continue }
            reader.problem(
                "derived.\(member)", found: "the member of enricher \(owner)", expected: "a member that no enricher has"
            )
        }
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
        enricher.declared = DeclaredEnricher(section, source.kind)
        var ttl = memory.ttl
        switch source.kind {
        case .postgresql:
            enricher.query = section.string("query", default: "")
            if enricher.declared != nil, enricher.query.isEmpty {
                section.problem("query", found: "nothing", expected: "a query, as no plugin has one for it")
            }
        case .http: enricher.path = section.string("path")
        case .file: enricher.key = section.strings("key", default: [])
        case .table:
            ttl = Self.tableTTL
            if section.has("within") {
                let limits = Duration.milliseconds(1)...Duration.seconds(3650 * 86_400)
                enricher.within = section.duration("within", default: .seconds(3600), in: limits).microseconds
            }
        }
        let found = section.duration("ttl", default: .microseconds(ttl), in: .zero ... .seconds(30 * 86_400))
        if found.microseconds != memory.ttl { enricher.ttl = found.microseconds }
        return enricher
    }
}
