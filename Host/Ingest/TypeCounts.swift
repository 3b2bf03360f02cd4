import Glibc
import Synchronization

/// How many events of each type were accepted, of the types that are declared. Others count together, since a client may
/// write into its events whatever it likes. Thread-safe.
package final class TypeCounts: Sendable {
    private final class Count: Sendable {
        let value = Atomic<UInt64>(0)
    }

    private static let other = "other"

    private let counts: [String: Count]
    private let others: Count
    /// By the types' lengths, since few are of one length.
    private let byLength: [[(type: StableBytes, count: Count)]]

    convenience init() { self.init([:], others: Count()) }

    private init(_ counts: [String: Count], others: Count) {
        self.counts = counts
        self.others = others
        var byLength: [[(type: StableBytes, count: Count)]] = []
        for (type, count) in counts.sorted(by: { $0.key < $1.key }) {
            while byLength.count <= type.utf8.count { byLength.append([]) }
            byLength[type.utf8.count].append((StableBytes(type), count))
        }
        self.byLength = byLength
    }

    /// These and more types; what was counted goes on.
    func declaring(_ types: some Sequence<String>) -> TypeCounts {
        let new = Set(types).subtracting(counts.keys).subtracting([Self.other])
        if new.isEmpty { return self }
        let added = Dictionary(uniqueKeysWithValues: new.map { ($0, Count()) })
        return TypeCounts(counts.merging(added) { first, _ in first }, others: others)
    }

    func count(_ type: UnsafeRawBufferPointer) {
        if type.count < byLength.count {
            for known in byLength[type.count]
            where type.isEmpty || memcmp(known.type.bytes.baseAddress!, type.baseAddress!, type.count) == 0 {
                known.count.value.wrappingAdd(1, ordering: .relaxed)
                return
            }
        }
        others.value.wrappingAdd(1, ordering: .relaxed)
    }

    /// Sorted by type; `other` is the last.
    package var values: [(type: String, count: UInt64)] {
        counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value.load(ordering: .relaxed)) }
            + [(Self.other, others.value.load(ordering: .relaxed))]
    }
}
