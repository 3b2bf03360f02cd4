import CRecords

/// Tells most of the keys that are not in a set from those that are: ten bits a key, all of a key's in one line of the cache. Of the
/// others it takes about one in fifty for one that is. Not thread-safe.
///
/// Putze, Sanders and Singler, Cache-, Hash- and Space-Efficient Bloom Filters, 2007: a blocked filter.
struct BloomFilter: ~Copyable {
    private static let bitsPerKey = 10
    /// Of a block: 512 bits.
    private static let words = 8
    private static let probes = 6

    private let blocks: Int
    private let bits: UnsafeMutablePointer<UInt64>

    /// - Parameter count: keys that it will have.
    init(count: Int) {
        blocks = max(1, (count * Self.bitsPerKey + 511) / 512)
        bits = lectern_pages(blocks * Self.words * 8).assumingMemoryBound(to: UInt64.self)
    }

    deinit { lectern_pages_free(bits, blocks * Self.words * 8) }

    /// The block of a key and its bits in there, nine for each probe.
    @inline(__always)
    private func place(_ hash: UInt64) -> (block: UnsafeMutablePointer<UInt64>, bits: UInt64) {
        let block = Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(blocks)).high)
        return (bits + block * Self.words, Hash.of(hash))
    }

    /// - Parameter hash: of the key, all its bits alike random.
    func insert(_ hash: UInt64) {
        var (block, bits) = place(hash)
        for _ in 0..<Self.probes {
            block[Int(bits >> 6 & 7)] |= 1 << (bits & 63)
            bits >>= 9
        }
    }

    /// False: the key was never put in.
    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
        var (block, bits) = place(hash)
        for _ in 0..<Self.probes {
            if block[Int(bits >> 6 & 7)] & 1 << (bits & 63) == 0 { return false }
            bits >>= 9
        }
        return true
    }
}
