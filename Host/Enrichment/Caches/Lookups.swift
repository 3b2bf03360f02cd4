import PluginHost
import Records
import Synchronization

/// What becomes of a look-up.
enum Lookup {
    case answered(Answer)
    case inFlight(LookupFlight)

    var isAnswered: Bool {
        switch self {
        case .answered: true
        case .inFlight(let flight): flight.answer.value != nil
        }
    }

    /// What is known now: where the source has not answered yet, what it said before.
    var answer: Answer {
        switch self {
        case .answered(let answer): answer
        case .inFlight(let flight): flight.answer.value ?? flight.fallback
        }
    }
}

/// A key that is being looked up, for all events that want it.
final class LookupFlight: Sendable {
    let key: String
    let question: Question
    /// What is said if the source does not answer.
    let fallback: Answer
    let lookups: Lookups
    let answer = Flight<Answer>()
    /// When it began, in microseconds.
    let began: Int64

    init(_ key: String, _ question: Question, fallback: Answer, _ lookups: Lookups, at now: Int64) {
        self.key = key
        self.question = question
        self.fallback = fallback
        self.lookups = lookups
        began = now
    }

    /// As the shared answers know it.
    var sharedKey: String { lookups.sharedPrefix + key }
}

/// The look-ups of one enricher: what is in memory, and what is on its way. Any thread; nothing here blocks.
final class Lookups: Sendable {
    private struct State {
        var cache: MemoryCache
        var flights: [String: LookupFlight] = [:]
    }

    let description: EnricherDescription
    let enricher: EnrichmentConfiguration.Enricher
    let counts = LookupCounts()
    /// Answers of builds that declare something else are not shared.
    let sharedPrefix: String
    private let names: [String]
    private let memory: EnrichmentConfiguration.Memory
    private let source: SourceThreads
    private let clock: @Sendable () -> Int64
    private let state: Mutex<State>

    init(
        _ description: EnricherDescription, _ enricher: EnrichmentConfiguration.Enricher,
        _ memory: EnrichmentConfiguration.Memory, _ source: SourceThreads, clock: @escaping @Sendable () -> Int64
    ) {
        self.description = description
        self.memory = memory
        self.source = source
        self.clock = clock
        var enricher = enricher
        if enricher.query.isEmpty { enricher.query = description.query }
        self.enricher = enricher
        names = description.key.map(\.name)
        let meaning =
            "\(description.members.map { "\($0.name):\($0.kind.rawValue)" }) \(names) \(enricher) \(source.place)"
        let hash = Array(meaning.utf8).withUnsafeBytes { SHA256.hexadecimal(of: $0) }
        sharedPrefix = "enrichment,\(description.id),\(hash.prefix(12)),"
        state = Mutex(State(cache: MemoryCache(entries: memory.entries, bytes: memory.bytes)))
    }

    /// The name of the source.
    var sourceName: String { source.name }
    /// The source is a table of this host.
    var asksThisHost: Bool { source.isOfThisHost }
    var breaker: Breaker.State { source.breakerState }
    var remembered: Int { state.withLock { $0.cache.count } }

    /// What is known of a key: at once if it is in memory, or if nobody is to be asked. Otherwise it is looked up, once for all
    /// who want it meanwhile.
    ///
    /// - Parameters:
    ///   - parts: what the key is made of.
    ///   - latch: made and held if the answer has to be waited for.
    func look(up key: String, parts: () -> [String], latch: () -> LookupLatch) -> Lookup {
        let now = clock()
        var gone: MemoryCache.Generation = [:]
        defer { withExtendedLifetime(gone) {} }
        let (lookup, isNew) = state.withLock { state -> (Lookup, Bool) in
            let known = state.cache.entry(key, gone: &gone)
            if let known, now - known.at < (known.content == nil ? memory.missing : memory.ttl) {
                return (.answered(.fresh(known.content)), false)
            }
            if let flight = state.flights[key] { return (.inFlight(flight), false) }
            var fallback = Answer.missing
            if let known, let content = known.content, now - known.at < memory.ttl + memory.stale {
                fallback = Answer(status: .stale, content: content)
            }
            if source.refuses(at: now) { return (.answered(fallback), false) }
            let question = Question(parts: parts(), names: names, enricher: enricher)
            let flight = LookupFlight(key, question, fallback: fallback, self, at: now)
            state.flights[key] = flight
            return (.inFlight(flight), true)
        }
        switch lookup {
        case .answered(let answer):
            if answer.status == .fresh { counts.countMemoryHit() }
        case .inFlight(let flight):
            flight.answer.hold(latch())
            if isNew, !source.submit(flight) {
                counts.countOverflow()
                land(flight, nil)
            }
        }
        return lookup
    }

    /// What was found out of a key.
    enum Finding {
        /// Nil: that nothing is known.
        case found(AnswerContent?)
    }

    /// A look-up has come to its end. `finding` nil: the source has not answered, and what it said before counts; that is not
    /// remembered, so that the next event asks again.
    func land(_ flight: LookupFlight, _ finding: Finding?) {
        var gone: MemoryCache.Generation = [:]
        state.withLock { state in
            state.flights[flight.key] = nil
            if case .found(let content) = finding {
                state.cache.insert(flight.key, MemoryCache.Entry(content: content, at: clock()), gone: &gone)
            }
        }
        withExtendedLifetime(gone) {}
        switch finding {
        case .found(let content): flight.answer.land(.fresh(content))
        case nil: flight.answer.land(flight.fallback)
        }
        counts.countLookup(microseconds: clock() - flight.began)
    }
}
