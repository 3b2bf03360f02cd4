import Records
import Synchronization

/// The keys of a log's students: those of the store that the log's settings name, and those of them that are in memory.
///
/// Any thread. What asks the store blocks.
package final class StudentKeys: Sendable {
    /// The actors whose students were erased, on whichever host of the log.
    let erased: ErasedActors
    private let store: any StudentKeyStore
    private let cache: Mutex<KeyCache>
    private let known = Mutex<Set<UInt64>>([])
    private let changes = Atomic<UInt64>(0)

    /// Asks who was erased.
    ///
    /// - Parameter limit: keys that stay in memory.
    /// - Throws: a `LogError` if the store does not answer.
    init(_ store: any StudentKeyStore, _ identity: LogIdentity, limit: Int) throws {
        self.store = store
        erased = ErasedActors(identity)
        cache = Mutex(KeyCache(limit: limit))
        do { try refresh() } catch {
            throw error as? LogError ?? LogError(.keys, reason(error))
        }
    }

    /// Finds the keys of actors, and adds them to those that were found before.
    ///
    /// - Parameter creating: actors that have none get one. Of two hosts that make one at once, one wins.
    /// - Returns: why the store can't be asked now; nil: all are found.
    /// - Throws: a `LogError` if the store has lost a key, or has something else in its place.
    func find(_ actors: Set<UInt64>, creating: Bool, _ found: inout [UInt64: StoredKey]) throws -> String? {
        var lacking: [UInt64] = []
        cache.withLock { cache in
            for actor in actors {
                if let key = cache.find(actor) { found[actor] = key } else { lacking.append(actor) }
            }
        }
        guard !lacking.isEmpty else { return nil }
        do {
            let stored = try ask(lacking, creating: creating)
            cache.withLock { cache in
                for (actor, key) in zip(lacking, stored) {
                    found[actor] = key
                    cache.insert(actor, key)
                }
            }
            return nil
        } catch let error as LogError {
            throw error
        } catch {
            return reason(error)
        }
    }

    private func ask(_ actors: [UInt64], creating: Bool) throws -> [StoredKey] {
        var stored = try store.find(actors)
        if creating {
            let new = zip(actors, stored).filter { $0.1 == nil }.map { (actor: $0.0, key: StudentKey.random()) }
            if !new.isEmpty {
                try store.insert(new)
                stored = try store.find(actors)
            }
        }
        return try zip(actors, stored).map { actor, key in
            guard let key else {
                throw LogError(
                    .keys,
                    "log.kafka.sealing.keys: \(store.name) has no key of \(LogIdentity.text(ofPseudonym: actor)), whose events "
                        + "are sealed, and does not say that it was destroyed. It is another store, or it has lost what it had: "
                        + "name the right one, or restore it from a copy")
            }
            return key
        }
    }

    /// Asks the store who was erased since.
    func refresh() throws {
        let now = try store.erased()
        let new = known.withLock { known in
            defer { known.formUnion(now) }
            return now.subtracting(known)
        }
        guard !new.isEmpty else { return }
        erased.insert(new)
        cache.withLock { cache in for actor in new { cache.remove(actor) } }
        changes.add(1, ordering: .acquiringAndReleasing)
    }

    /// How often students came to be erased since the log was opened: whoever has opened what they sent has to forget it
    /// then.
    var erasures: UInt64 { changes.load(ordering: .acquiring) }

    private func reason(_ error: any Error) -> String { "the students' keys in \(store.name): \(error)" }
}
