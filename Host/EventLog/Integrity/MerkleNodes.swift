/// The hashes of a tree's complete subtrees where they are stored, in the order in which `MerkleTree.append` gave them:
/// from them the root of every size that the tree ever had, and every proof, follow with few reads.
package struct MerkleNodes {
    /// Reads the hash that was stored as number so many, from 0.
    let read: (_ place: UInt64) throws -> MerkleHash

    package init(_ read: @escaping (_ place: UInt64) throws -> MerkleHash) { self.read = read }

    /// How many hashes a tree of so many leaves has stored.
    package static func count(leaves: UInt64) -> UInt64 { 2 * leaves - UInt64(leaves.nonzeroBitCount) }

    /// Where the subtree of 2^`level` leaves that ends with the leaf `last` is stored.
    static func place(level: Int, last: UInt64) -> UInt64 { count(leaves: last) + UInt64(level) }

    package func leaf(_ index: UInt64) throws -> MerkleHash { try read(Self.place(level: 0, last: index)) }

    /// The root when the tree had `size` leaves.
    package func root(size: UInt64) throws -> MerkleHash { size == 0 ? .ofNothing : try hash(0, size) }

    /// PATH(index, D[size]) of RFC 6962, 2.1.1.
    package func inclusionPath(of index: UInt64, size: UInt64) throws -> [MerkleHash] {
        precondition(index < size, "no leaf \(index) in a tree of \(size)")
        return try path(index, 0, size)
    }

    /// PROOF(first, D[second]) of RFC 6962, 2.1.2.
    package func consistencyPath(from first: UInt64, to second: UInt64) throws -> [MerkleHash] {
        precondition(0 < first && first <= second, "no consistency of \(first) leaves with \(second)")
        return try subproof(first, 0, second, isKnown: true)
    }

    /// The root of `count` leaves from `start`, a multiple of every complete subtree in them.
    private func hash(_ start: UInt64, _ count: UInt64) throws -> MerkleHash {
        if count.nonzeroBitCount == 1 {
            return try read(Self.place(level: count.trailingZeroBitCount, last: start + count - 1))
        }
        let left = Self.left(of: count)
        return .node(try hash(start, left), try hash(start + left, count - left))
    }

    private func path(_ index: UInt64, _ start: UInt64, _ count: UInt64) throws -> [MerkleHash] {
        if count == 1 { return [] }
        let left = Self.left(of: count)
        return index < left
            ? try path(index, start, left) + [hash(start + left, count - left)]
            : try path(index - left, start + left, count - left) + [hash(start, left)]
    }

    private func subproof(_ first: UInt64, _ start: UInt64, _ count: UInt64, isKnown: Bool) throws -> [MerkleHash] {
        if first == count { return isKnown ? [] : [try hash(start, count)] }
        let left = Self.left(of: count)
        return first <= left
            ? try subproof(first, start, left, isKnown: isKnown) + [hash(start + left, count - left)]
            : try subproof(first - left, start + left, count - left, isKnown: false) + [hash(start, left)]
    }

    /// The largest power of two that is smaller than `count`.
    private static func left(of count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }
}
