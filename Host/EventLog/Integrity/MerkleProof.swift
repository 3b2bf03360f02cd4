/// Whether proofs prove what they say: the algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2, for trees of RFC 6962.
package enum MerkleProof {
    /// Whether `path` proves that the tree with this root has this leaf at `index`.
    package static func isIncluded(
        _ leaf: MerkleHash, at index: UInt64, size: UInt64, root: MerkleHash, path: [MerkleHash]
    ) -> Bool {
        guard index < size else { return false }
        var (own, last) = (index, size - 1)
        var hash = leaf
        for sibling in path {
            if last == 0 { return false }
            if own & 1 == 1 || own == last {
                hash = .node(sibling, hash)
                while own & 1 == 0 && own != 0 { (own, last) = (own >> 1, last >> 1) }
            } else {
                hash = .node(hash, sibling)
            }
            (own, last) = (own >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether `path` proves that the tree with `second` leaves begins with the one that has `first`. Of an empty tree
    /// nothing can be proved.
    package static func isConsistent(
        first: UInt64, root firstRoot: MerkleHash, second: UInt64, root secondRoot: MerkleHash, path: [MerkleHash]
    ) -> Bool {
        guard 0 < first, first <= second else { return false }
        if first == second { return path.isEmpty && firstRoot == secondRoot }
        // A complete subtree is its own proof.
        var rest = (first.nonzeroBitCount == 1 ? [firstRoot] : []) + path
        guard !rest.isEmpty else { return false }
        let start = rest.removeFirst()
        var (own, last) = (first - 1, second - 1)
        while own & 1 == 1 { (own, last) = (own >> 1, last >> 1) }
        var (old, new) = (start, start)
        for sibling in rest {
            if last == 0 { return false }
            if own & 1 == 1 || own == last {
                (old, new) = (.node(sibling, old), .node(sibling, new))
                while own & 1 == 0 && own != 0 { (own, last) = (own >> 1, last >> 1) }
            } else {
                new = .node(new, sibling)
            }
            (own, last) = (own >> 1, last >> 1)
        }
        return last == 0 && old == firstRoot && new == secondRoot
    }
}
