/// What a host states about a log and signs. Each is one JSON object; see `Signed`.
package protocol Statement: Codable, Sendable {
    static var kind: String { get }
    var kind: String { get }
    /// The log's id, in hexadecimal.
    var log: String { get }
}

/// A tree had this root when it had this size.
package struct TreeHead: Statement, Equatable {
    package static let kind = "tree-head"
    package private(set) var kind: String = Self.kind
    package let log: String
    package let partition: LogTree
    package let size: UInt64
    package let root: MerkleHash
    /// When it was signed, RFC 3339 in UTC.
    package let time: String

    init(log: String, partition: LogTree, size: UInt64, root: MerkleHash, time: String) {
        self.log = log
        self.partition = partition
        self.size = size
        self.root = root
        self.time = time
    }
}

/// All segments before one were deleted on purpose. The hashes of what they held stay in the trees' files.
package struct Retention: Statement {
    package static let kind = "retention"
    package private(set) var kind: String = Self.kind
    package let log: String
    /// The first segment that is kept.
    package let segment: UInt32
    /// What is gone of each tree: its leaves before `size`, whose root is given.
    package let trees: [Removed]
    /// When it was signed, RFC 3339 in UTC.
    package let time: String

    package struct Removed: Codable, Sendable {
        package let partition: LogTree
        package let size: UInt64
        package let root: MerkleHash
    }

    init(log: String, segment: UInt32, trees: [Removed], time: String) {
        self.log = log
        self.segment = segment
        self.trees = trees
        self.time = time
    }
}

/// Other bytes stand in the place of some records on purpose: the records keep their positions, and the trees their
/// leaves.
package struct Erasure: Statement {
    package static let kind = "erasure"
    package private(set) var kind: String = Self.kind
    package let log: String
    package let records: [Erased]
    /// When it was signed, RFC 3339 in UTC.
    package let time: String

    package struct Erased: Codable, Sendable {
        package let partition: LogTree
        /// In the shared tree, the leaf's number.
        package let position: UInt64
        /// The leaf of the record as it was: what the tree keeps.
        package let leaf: MerkleHash
        /// The leaf of what stands in its place now.
        package let replacement: MerkleHash

        package init(partition: LogTree, position: UInt64, leaf: MerkleHash, replacement: MerkleHash) {
            self.partition = partition
            self.position = position
            self.leaf = leaf
            self.replacement = replacement
        }
    }

    init(log: String, records: [Erased], time: String) {
        self.log = log
        self.records = records
        self.time = time
    }
}

/// How far the trees' files have come, so that a host that starts needs not read the log from its beginning.
struct Progress: Statement {
    static let kind = "progress"
    private(set) var kind: String = Self.kind
    let log: String
    let segment: UInt32
    let byte: UInt32
    /// Of each partition's tree, and last of the shared one.
    let trees: [Tree]
    /// Bytes of the file of tree heads.
    let heads: Int

    struct Tree: Codable, Sendable {
        let size: UInt64
        let root: MerkleHash
    }

    init(log: String, offset: LogOffset, trees: [Tree], heads: Int) {
        self.log = log
        segment = offset.segment
        byte = offset.byte
        self.trees = trees
        self.heads = heads
    }

    var offset: LogOffset { LogOffset(segment: segment, byte: byte) }
}
