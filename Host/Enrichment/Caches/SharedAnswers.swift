import KeyValueStore
import PluginHost
import Records
import Synchronization

/// Answers that hosts share: in a store that forgets them after a while. While it does not answer, it is left alone for a while,
/// and nobody waits for it. Any thread; its methods block.
final class SharedAnswers: Sendable {
    private let store: any KeyValueStore
    private let clock: @Sendable () -> Int64
    private let report: @Sendable (String) -> Void
    private let breaker: Mutex<Breaker>

    /// How long the store is left alone after a failure, in microseconds.
    private static let pause: Int64 = 10_000_000

    init(
        _ store: any KeyValueStore, clock: @escaping @Sendable () -> Int64, report: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.clock = clock
        self.report = report
        breaker = Mutex(Breaker(failures: 1, pause: Self.pause))
    }

    /// The answers of these look-ups; nil where there is none.
    func answers(of flights: [LookupFlight]) -> [AnswerContent?] {
        let keys = flights.map(\.sharedKey)
        let found = ask { store in try await store.multiGet(keys) } ?? flights.map { _ in nil }
        return zip(flights, found).map { flight, json in
            json.flatMap { AnswerContent(flight.lookups.description.members, json: $0) }
        }
    }

    func store(_ answers: [(flight: LookupFlight, content: AnswerContent)]) {
        let entries = answers.map { answer in
            StoreEntry(key: answer.flight.sharedKey, value: String(decoding: answer.content.json, as: UTF8.self))
        }
        if !entries.isEmpty { _ = ask { store in try await store.multiSet(entries) } }
    }

    private func ask<T: Sendable>(_ body: @escaping @Sendable (any KeyValueStore) async throws -> T) -> T? {
        guard let attempt = breaker.withLock({ $0.begin(at: clock()) }) else { return nil }
        let store = store
        switch ThreadExecutor.run({ try await body(store) }) {
        case .success(let result):
            if breaker.withLock({ $0.succeed(attempt) }) { report("enrichment.redis: it answers again") }
            return result
        case .failure(let error):
            if breaker.withLock({ $0.fail(attempt, at: clock()) }) {
                report("enrichment.redis: \(error); answers come from their sources meanwhile")
            }
            return nil
        }
    }
}
