import Records
import Synchronization

/// The actors whose events nobody may append any more, since their students were erased. It knows them by their pseudonyms
/// alone. All members can be called from any thread.
package final class ErasedActors: Sendable {
    private let identity: LogIdentity
    private let isEmpty = Atomic<Bool>(true)
    private let pseudonyms = Mutex<Set<UInt64>>([])

    init(_ identity: LogIdentity) { self.identity = identity }

    package func insert(_ more: some Sequence<UInt64>) {
        pseudonyms.withLock { pseudonyms in
            pseudonyms.formUnion(more)
            isEmpty.store(pseudonyms.isEmpty, ordering: .releasing)
        }
    }

    /// - Parameter actor: as a client names it; not the pseudonym that a record may give it.
    package func contains(_ actor: UnsafeRawBufferPointer) -> Bool {
        guard !isEmpty.load(ordering: .acquiring), !actor.isEmpty else { return false }
        let pseudonym = identity.pseudonym(ofActor: actor)
        return pseudonyms.withLock { $0.contains(pseudonym) }
    }
}
