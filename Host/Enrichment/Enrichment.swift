package import KeyValueStore
import PluginHost
import Records
import Synchronization

/// What is looked up of events before they are stored: by the enrichers of plugins and of the settings, at the sources of the
/// settings, through memory and a store that hosts share; and what functions of plugins make of it.
///
/// One for a host; all members can be called from any thread, and none of them blocks.
package final class Enrichment: Sendable {
    private struct State {
        var plan = EnrichmentPlan([], [])
        var threads: [String: DerivationThread] = [:]
        var isClosed = false
    }

    /// How long an event may wait, in microseconds.
    package let budget: Int64
    private let configuration: EnrichmentConfiguration
    private let sources: [String: SourceThreads]
    private let clock: @Sendable () -> Int64
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let version = Atomic<Int>(0)

    /// - Parameters:
    ///   - store: that of `configuration.store`.
    ///   - tables: those of `configuration.tables`; nil: there are none.
    ///   - clock: microseconds of any beginning, never going back.
    ///   - wallClock: microseconds since 1970 UTC.
    ///   - makeSource: makes the source of a name, for one thread; nil: as the settings say.
    ///   - report: takes sentences for the operator, on any thread.
    package init(
        _ configuration: EnrichmentConfiguration, store: (any KeyValueStore)? = nil, tables: OwnTables? = nil,
        clock: @escaping @Sendable () -> Int64 = { MonotonicClock.microseconds },
        wallClock: @escaping @Sendable () -> Int64 = { WallClock.microseconds },
        makeSource: (@Sendable (String) -> any LookupSource)? = nil,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.clock = clock
        self.report = report
        budget = configuration.budget
        let shared = store.map { SharedAnswers($0, clock: clock, report: report) }
        let used = Set(configuration.enrichers.values.map(\.source))
        var sources: [String: SourceThreads] = [:]
        for (name, source) in configuration.sources where used.contains(name) {
            let isOwn = if case .table = source.kind { true } else { false }
            sources[name] = SourceThreads(
                name, source, limit: configuration.queue, shared: isOwn ? nil : shared, clock: clock, report: report
            ) {
                if let makeSource { return makeSource(name) }
                switch source.kind {
                case .postgresql(let configuration): return PostgreSQLSource(configuration)
                case .http(let configuration): return HTTPSource(configuration)
                case .file(let configuration): return FileSource(configuration, clock: clock)
                case .table(let table): return TableSource(table.id, tables, wallClock: wallClock)
                }
            }
        }
        self.sources = sources
    }

    package var now: Int64 { clock() }

    /// What of the settings would not fit these plugins, a sentence each. What no plugin has any more is none of it.
    package func problems(with plugins: [EnrichingPlugin]) -> [String] {
        configuration.problems(with: plugins, mayLackFunctions: true)
    }

    /// Goes on with these plugins. Answers of enrichers that have not changed stay. What of the settings does not fit them is
    /// reported and left out.
    package func use(_ plugins: [EnrichingPlugin]) {
        let declared = DeclaredEnrichment(configuration, plugins)
        for problem in declared.problems + declared.lacking { report("left out: \(problem)") }
        state.withLock { state in
            guard !state.isClosed else { return }
            var lookups: [Lookups] = []
            var derivations: [Derivation] = []
            for plugin in plugins {
                let own = plugin.enrichers.compactMap { self.lookups($0, before: state.plan) }
                if own.isEmpty { continue }
                lookups += own
                for member in plugin.derivedMembers {
                    guard let function = plugin.functions.first(where: { $0.description.id == member.function }) else {
                        continue
                    }
                    derivations.append(derivation(member, function, &state))
                }
            }
            lookups += declared.enrichers.compactMap { self.lookups($0, before: state.plan) }
            derivations += declared.derived.map { derivation($0.member, $0.function, &state) }
            state.plan = EnrichmentPlan(lookups, derivations)
            for problem in state.plan.problems { report("enrichment: \(problem)") }
        }
        version.wrappingAdd(1, ordering: .releasing)
    }

    private func derivation(
        _ member: DerivedMember, _ function: CallableFunction, _ state: inout State
    ) -> Derivation {
        guard function.rowCaller == nil else { return Derivation(member: member, function: function, thread: nil) }
        let thread = state.threads[function.plugin] ?? DerivationThread(limit: configuration.queue)
        state.threads[function.plugin] = thread
        return Derivation(member: member, function: function, thread: thread)
    }

    /// Nil if it has no source, or no question.
    private func lookups(_ description: EnricherDescription, before plan: EnrichmentPlan) -> Lookups? {
        guard let enricher = configuration.enrichers[description.id], let source = sources[enricher.source] else {
            return nil
        }
        if let known = plan.lookups.first(where: { $0.description == description }) { return known }
        if case .postgresql = configuration.sources[enricher.source]?.kind, enricher.query.isEmpty,
            description.query.isEmpty
        {
            report("enrichment.enrichers.\(description.id): the plugin has no query of its own: set one (query)")
            return nil
        }
        var memory = configuration.memory
        if let ttl = enricher.ttl { (memory.ttl, memory.missing) = (ttl, min(memory.missing, ttl)) }
        return Lookups(description, enricher, memory, source, clock: clock)
    }

    /// Replaces a reader if another plan holds since it was made; nil: nothing is looked up. `known` is the version that it is of,
    /// 0 before the first call.
    package func refresh(_ reader: inout EnrichmentReader?, version known: inout Int) {
        let current = version.load(ordering: .acquiring)
        if current == known { return }
        let plan = state.withLock { $0.plan }
        reader = plan.isEmpty ? nil : EnrichmentReader(plan)
        known = current
    }

    /// Nothing is looked up any more: what waits goes on with what is known.
    package func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return Array(state.threads.values)
        }
        for source in sources.values { source.close() }
        for thread in threads { thread.close() }
    }

    /// What was looked up since the start, by the enrichers in use, and what is derived.
    package var figures: EnrichmentReport {
        let plan = state.withLock { $0.plan }
        return EnrichmentReport(
            enrichers: plan.lookups.map { lookups in
                EnrichmentReport.Enricher(
                    id: lookups.description.id, member: lookups.description.member, source: lookups.sourceName,
                    breaker: lookups.breaker, remembered: lookups.remembered, counts: lookups.counts.snapshot)
            }.sorted { $0.id < $1.id },
            derived: plan.derivations.map { "\($0.member.member).\($0.member.name)" }.sorted())
    }
}
