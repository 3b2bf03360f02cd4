import Records
import Synchronization

/// The actors whose events nobody may append any more, since their students were erased. It knows them by their pseudonyms
/// alone. All members can be called from any thread.
///
/// `@unchecked Sendable`: `filter` is a constant address of atomic words.
package final class ErasedActors: @unchecked Sendable {
    private let identity: LogIdentity
    private let hasNone = Atomic<Bool>(true)
    private let pseudonyms = Mutex<Set<UInt64>>([])
    /// A bit for each value that the end of a pseudonym may have. So nobody waits for the lock on account of an actor who
    /// was not erased, but for one in some hundreds.
    private let filter: UnsafeMutablePointer<Atomic<UInt64>>

    private static let filterBits: UInt64 = 1 << 20

    init(_ identity: LogIdentity) {
        self.identity = identity
        let words = Int(Self.filterBits / 64)
        filter = .allocate(capacity: words)
        for index in 0..<words { (filter + index).initialize(to: Atomic(0)) }
    }

    deinit {
        filter.deinitialize(count: Int(Self.filterBits / 64))
        filter.deallocate()
    }

    package func insert(_ more: some Sequence<UInt64>) {
        pseudonyms.withLock { pseudonyms in
            for pseudonym in more {
                pseudonyms.insert(pseudonym)
                let bit = pseudonym % Self.filterBits
                filter[Int(bit / 64)].bitwiseOr(1 << (bit % 64), ordering: .releasing)
            }
            hasNone.store(pseudonyms.isEmpty, ordering: .releasing)
        }
    }

    var isEmpty: Bool { hasNone.load(ordering: .acquiring) }

    /// - Parameter actor: as a client names it; not the pseudonym that a record may give it.
    package func contains(_ actor: UnsafeRawBufferPointer) -> Bool {
        if isEmpty || actor.isEmpty { return false }
        return contains(pseudonym: identity.pseudonym(ofActor: actor))
    }

    func contains(pseudonym: UInt64) -> Bool {
        if isEmpty { return false }
        let bit = pseudonym % Self.filterBits
        guard filter[Int(bit / 64)].load(ordering: .acquiring) & 1 << (bit % 64) != 0 else { return false }
        return pseudonyms.withLock { $0.contains(pseudonym) }
    }
}
