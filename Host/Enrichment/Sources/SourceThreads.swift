import PluginHost
import Records
import Synchronization

/// The threads that ask one source, each over a connection of its own, and the breaker that keeps them from a source that does
/// not answer. Any thread.
final class SourceThreads: Sendable {
    let name: String
    /// What the source is, for telling one from another.
    let place: String
    /// It is a table of this host.
    let isOfThisHost: Bool
    private let queue: BoundedQueue<LookupFlight>
    private let breaker: Mutex<Breaker>
    private let clock: @Sendable () -> Int64
    private let shared: SharedAnswers?
    private let pause: Int64
    private let report: @Sendable (String) -> Void
    private let isClosed = Atomic<Bool>(false)
    private let lastRefusal = Mutex("")

    /// Shared answers that are asked for at once.
    private static let batch = 16

    /// - Parameters:
    ///   - limit: look-ups that may wait.
    ///   - make: makes the source that a thread asks; called on that thread.
    init(
        _ name: String, _ configuration: SourceConfiguration, limit: Int, shared: SharedAnswers?,
        clock: @escaping @Sendable () -> Int64, report: @escaping @Sendable (String) -> Void,
        make: @escaping @Sendable () -> any LookupSource
    ) {
        self.name = name
        self.clock = clock
        self.shared = shared
        self.report = report
        place = "\(configuration.kind)"
        isOfThisHost = if case .table = configuration.kind { true } else { false }
        pause = configuration.pause
        queue = BoundedQueue(limit: limit)
        breaker = Mutex(Breaker(failures: configuration.failures, pause: configuration.pause))
        // They end when the queue is closed; nobody waits for one that waits for its source.
        for _ in 0..<configuration.connections { _ = WorkThread(name: "enrichment") { self.run(make()) } }
    }

    var breakerState: Breaker.State { breaker.withLock { $0.state(at: clock()) } }

    /// Whether nobody would answer a look-up now.
    func refuses(at now: Int64) -> Bool { shared == nil && breaker.withLock { $0.refuses(at: now) } }

    /// Hands a look-up to the threads. False: too many wait.
    func submit(_ flight: LookupFlight) -> Bool { queue.offer(flight) }

    /// What still waits is answered with what was known before.
    func close() {
        isClosed.store(true, ordering: .relaxed)
        queue.close()
    }

    private func run(_ source: any LookupSource) {
        while let first = queue.take() {
            var flights = [first]
            if shared != nil {
                while flights.count < Self.batch, let next = queue.takeIfAny() { flights.append(next) }
            }
            if let shared, !isClosed.load(ordering: .relaxed) {
                flights = zip(flights, shared.answers(of: flights)).compactMap { flight, content in
                    guard let content else { return flight }
                    flight.lookups.counts.countSharedHit()
                    flight.lookups.land(flight, .found(content))
                    return nil
                }
            }
            var found: [(flight: LookupFlight, content: AnswerContent)] = []
            for flight in flights {
                let finding = ask(source, flight)
                flight.lookups.land(flight, finding)
                if case .found(let content?) = finding { found.append((flight, content)) }
            }
            shared?.store(found)
        }
    }

    private func ask(_ source: any LookupSource, _ flight: LookupFlight) -> Lookups.Finding? {
        guard !isClosed.load(ordering: .relaxed), let attempt = breaker.withLock({ $0.begin(at: clock()) }) else {
            return nil
        }
        let lookups = flight.lookups
        lookups.counts.countCall()
        do throws(LookupFailure) {
            let members = try source.look(up: flight.question)
            answered(attempt)
            return .found(members.map { AnswerContent(lookups.description.members, from: $0) })
        } catch {
            lookups.counts.countError()
            let error = error.without(flight.question.parts)
            switch error {
            case .refused:
                // It is there.
                answered(attempt)
                let isNews = lastRefusal.withLock { last in
                    defer { last = error.description }
                    return last != error.description
                }
                if isNews { report("enrichment.sources.\(name), \(lookups.description.id): \(error)") }
            case .away:
                if breaker.withLock({ $0.fail(attempt, at: clock()) }) {
                    report(
                        "enrichment.sources.\(name): \(error); it is asked again in \(Double(pause) / 1_000_000) s, and events "
                            + "have stale answers or none until then")
                }
            }
            return nil
        }
    }

    private func answered(_ attempt: Breaker.Attempt) {
        if breaker.withLock({ $0.succeed(attempt) }) { report("enrichment.sources.\(name): it answers again") }
    }
}
