/// The keys that were used last. Not thread-safe.
///
/// Two tables, of which the younger one becomes the older one when it has half of the limit: so what is thrown away was not
/// used for as long as it took to use so many others.
struct KeyCache {
    private let half: Int
    private var young: [UInt64: StoredKey] = [:]
    private var old: [UInt64: StoredKey] = [:]

    init(limit: Int) { half = max(1, limit / 2) }

    mutating func find(_ actor: UInt64) -> StoredKey? {
        if let key = young[actor] { return key }
        guard let key = old[actor] else { return nil }
        insert(actor, key)
        return key
    }

    mutating func insert(_ actor: UInt64, _ key: StoredKey) {
        if young.count >= half { (old, young) = (young, [:]) }
        young[actor] = key
    }

    mutating func remove(_ actor: UInt64) {
        young[actor] = nil
        old[actor] = nil
    }
}
