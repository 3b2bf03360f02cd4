/// The growing edge of a Merkle tree (RFC 6962): the roots of the largest complete subtrees, at most one of each size.
///
/// All that is needed to append, and to know the root. What proofs need is what `append` gives away: see `MerkleNodes`.
package struct MerkleTree: Sendable {
    /// How many leaves it has.
    package private(set) var size: UInt64 = 0
    /// At `level` the subtree of 2^`level` leaves, if that bit of `size` is set.
    private var edge: [MerkleHash] = Array(repeating: .ofNothing, count: 64)

    package init() {}

    /// Goes on from `size` leaves of a tree that is stored.
    package init(_ nodes: MerkleNodes, size: UInt64) throws {
        self.size = size
        var end: UInt64 = 0
        for level in (0..<64).reversed() where size & 1 << UInt64(level) != 0 {
            end += 1 << UInt64(level)
            edge[level] = try nodes.read(MerkleNodes.place(level: level, last: end - 1))
        }
    }

    /// Adds a leaf.
    /// - Parameter store: gets the leaf and the root of each subtree that it completes, smallest first: the hashes to
    ///   store, in this order.
    @inline(__always)
    package mutating func append(_ leaf: MerkleHash, _ store: (MerkleHash) throws -> Void) rethrows {
        var hash = leaf
        try store(hash)
        var level = 0
        while size & 1 << UInt64(level) != 0 {
            hash = .node(edge[level], hash)
            try store(hash)
            level += 1
        }
        edge[level] = hash
        size += 1
    }

    package var root: MerkleHash {
        var root: MerkleHash?
        for level in 0..<64 where size & 1 << UInt64(level) != 0 {
            root = root.map { .node(edge[level], $0) } ?? edge[level]
        }
        return root ?? .ofNothing
    }
}
