import FoundationEssentials
import Glibc
import Records

/// What proves something of a log to others, who need nothing but the log's public key: signed tree heads, and the hashes
/// that lead to their roots. JSON, hashes in hexadecimal.
package enum LogProof: Sendable {
    case inclusion(Inclusion)
    case consistency(Consistency)

    /// A tree has this leaf at this position.
    package struct Inclusion: Codable, Sendable {
        package let partition: LogTree
        /// In the shared tree, the leaf's number.
        package let position: UInt64
        package let leaf: MerkleHash
        /// The inclusion proof of RFC 6962, 2.1.1.
        package let path: [MerkleHash]
        package let head: Signed<TreeHead>
        /// The record's bytes, in base64: what `leaf` is the hash of, behind a zero byte. Nil if it was erased or deleted,
        /// or is of the shared tree.
        package let record: String?
    }

    /// The tree of the second head begins with that of the first one: nothing in it was changed or taken out.
    package struct Consistency: Codable, Sendable {
        package let partition: LogTree
        package let first: Signed<TreeHead>
        package let second: Signed<TreeHead>
        /// The consistency proof of RFC 6962, 2.1.2.
        package let path: [MerkleHash]
    }

    /// Reads the JSON of a proof.
    /// - Throws: `corrupt` if it is none.
    package init(path: String) throws {
        let data = Data(try File(path, O_RDONLY).contents())
        if let proof = try? JSONDecoder().decode(Inclusion.self, from: data) {
            self = .inclusion(proof)
        } else if let proof = try? JSONDecoder().decode(Consistency.self, from: data) {
            self = .consistency(proof)
        } else {
            throw LogError(.corrupt, "\(path): this is no proof as `lectern log prove` prints it")
        }
    }

    /// Why the proof proves nothing, or nil.
    package func objection(key: PublicKey) -> String? {
        switch self {
        case .inclusion(let proof):
            let head = proof.head.statement
            if !proof.head.isSigned(by: key) { return "the head is not signed by this key" }
            if head.partition != proof.partition { return "the head is that of \(head.partition)" }
            if let record = proof.record {
                guard let bytes = Data(base64Encoded: record), .leaf(Array(bytes)) == proof.leaf else {
                    return "the leaf is not the hash of the record"
                }
            }
            let isIncluded = MerkleProof.isIncluded(
                proof.leaf, at: proof.position, size: head.size, root: head.root, path: proof.path)
            return isIncluded ? nil : "the path does not lead from the leaf to the head's root"
        case .consistency(let proof):
            let (first, second) = (proof.first.statement, proof.second.statement)
            if !proof.first.isSigned(by: key) { return "the first head is not signed by this key" }
            if !proof.second.isSigned(by: key) { return "the second head is not signed by this key" }
            guard first.partition == proof.partition, second.partition == proof.partition, first.log == second.log
            else { return "the heads are of different trees" }
            let isConsistent = MerkleProof.isConsistent(
                first: first.size, root: first.root, second: second.size, root: second.root, path: proof.path)
            return isConsistent ? nil : "the path does not lead to the roots of both heads"
        }
    }
}

extension LogDirectory {
    /// The public key that lies beside the log.
    package func publicKey() throws -> PublicKey { try PublicKey(path: integrity.publicKeyPath) }

    /// Proves that a tree has a leaf.
    /// - Parameter size: of the signed head that the proof leads to; nil: the newest.
    /// - Throws: `outOfRange` if no such head is signed, or none that has the leaf.
    package func proveInclusion(of position: UInt64, in tree: LogTree, size: UInt64? = nil) throws -> LogProof.Inclusion
    {
        let head = try head(of: tree, size: size)
        guard position < head.statement.size else {
            throw LogError(
                .outOfRange,
                "position \(position) of \(tree) is not signed yet: the head has \(head.statement.size) leaves. Heads are "
                    + "signed every log.tree_heads, and when the host stops")
        }
        let nodes = try nodes(of: tree, head)
        let leaf = try nodes.leaf(position)
        return LogProof.Inclusion(
            partition: tree, position: position, leaf: leaf,
            path: try nodes.inclusionPath(of: position, size: head.statement.size), head: head,
            record: try record(at: position, of: tree, leaf: leaf))
    }

    /// Proves that one signed head's tree begins with another's.
    /// - Parameters:
    ///   - first: the size of the older one.
    ///   - second: of the newer one; nil: the newest.
    /// - Throws: `outOfRange` if no such heads are signed.
    package func proveConsistency(of tree: LogTree, from first: UInt64, to second: UInt64? = nil) throws
        -> LogProof.Consistency
    {
        let (old, new) = (try head(of: tree, size: first), try head(of: tree, size: second))
        guard first <= new.statement.size else {
            throw LogError(.outOfRange, "a tree of \(new.statement.size) leaves can't begin with one of \(first)")
        }
        return LogProof.Consistency(
            partition: tree, first: old, second: new,
            path: try nodes(of: tree, new).consistencyPath(from: first, to: new.statement.size))
    }

    private var integrity: IntegrityFolder { IntegrityFolder(folder, identity) }

    private func head(of tree: LogTree, size: UInt64?) throws -> Signed<TreeHead> {
        guard tree.index(partitions: identity.partitions) != nil else {
            throw LogError(.outOfRange, "the log has partitions 0 to \(identity.partitions - 1), not \(tree)")
        }
        guard integrity.isThere else {
            throw LogError(
                .outOfRange, "\(folder.path): no tree heads were signed for this log; set log.integrity: true")
        }
        let key = try publicKey()
        var found: Signed<TreeHead>?
        try IntegrityFolder.lines(of: integrity.headsPath) { line, _ in
            guard let head = try? JSONDecoder().decode(Signed<TreeHead>.self, from: Data(line)),
                head.statement.partition == tree, size == nil || head.statement.size == size
            else { return }
            found = head
        }
        guard let found, found.isSigned(by: key) else {
            let what =
                size.map { "no head of \(tree) with \($0) leaves is signed" } ?? "no head of \(tree) is signed yet"
            throw LogError(.outOfRange, "\(integrity.headsPath): \(what)")
        }
        return found
    }

    private func nodes(of tree: LogTree, _ head: Signed<TreeHead>) throws -> MerkleNodes {
        let path = integrity.treePath(tree)
        let nodes = TreeFile.nodes(of: try File(path, O_RDONLY))
        guard try nodes.root(size: head.statement.size) == head.statement.root else {
            throw LogError(
                .corrupt, "\(path): this is not the tree that was signed; `lectern log verify` says what is wrong")
        }
        return nodes
    }

    private func record(at position: UInt64, of tree: LogTree, leaf: MerkleHash) throws -> String? {
        guard case .partition(let partition) = tree,
            let segment = try segments().last(where: { $0.basePositions[partition] <= position })
        else { return nil }
        var found: String?
        try read(from: segment.number) { record, _ in
            guard record.kind?.hasPosition == true, record.partition == partition, record.position >= position else {
                return true
            }
            if record.position == position, MerkleHash.leaf(record.bytes) == leaf {
                found = Data(record.bytes).base64EncodedString()
            }
            return false
        }
        return found
    }
}
