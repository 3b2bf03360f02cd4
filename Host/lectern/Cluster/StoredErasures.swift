import Custody
import KeyValueStore
import Records
import Synchronization

/// Whether students were taken out of the store of the checkpoints since this host took its partitions from there. Its
/// methods block; all members: any thread.
final class StoredErasures: Sendable {
    private struct State {
        /// What the store says when students are taken out of it; nil: nothing yet.
        var now: String?
        var before: String?
    }

    private let store: any KeyValueStore
    private let state = Mutex(State())

    init(_ store: any KeyValueStore) { self.store = store }

    /// Asks the store.
    func look() throws {
        let now = try ask()
        state.withLock { $0.now = now }
    }

    /// The same, before states are taken from there.
    func noteBefore() throws {
        let now = try ask()
        state.withLock { $0 = State(now: now, before: now) }
    }

    var haveChanged: Bool { state.withLock { $0.now != $0.before } }

    private func ask() throws -> String? {
        let store = store
        return try ThreadExecutor.run { try await store.erasures() }.get()
    }
}
