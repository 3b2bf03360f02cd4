import Glibc
import Records

/// A tree whose hashes are stored in a file, one after the other, 32 bytes each: see `MerkleNodes`. Not thread-safe.
final class TreeFile {
    private let file: File
    private var tree: MerkleTree
    private var pending = Bytes()
    /// Where `pending` belongs.
    private var written: Int
    private var isSynced = true
    private static let pendingBytes = 64 << 10

    /// Goes on with a tree of `size` leaves; what the file holds beyond them is written again.
    /// - Throws: `corrupt` if the file does not hold so many.
    init(_ path: String, size: UInt64) throws {
        file = try File(path, O_RDWR | O_CREAT)
        written = Self.bytes(leaves: size)
        let found = try file.size()
        guard found >= written else {
            throw LogError(.corrupt, "\(path): \(found) bytes found, \(written) expected for a tree of \(size) leaves")
        }
        tree = try MerkleTree(Self.nodes(of: file), size: size)
    }

    static func bytes(leaves: UInt64) -> Int { Int(MerkleNodes.count(leaves: leaves)) * MerkleHash.length }

    var size: UInt64 { tree.size }

    var root: MerkleHash { tree.root }

    func append(_ leaf: MerkleHash) throws {
        tree.append(leaf) { hash in hash.withBytes { pending.append($0) } }
        if pending.count >= Self.pendingBytes { try flush() }
    }

    func flush() throws {
        guard pending.count > 0 else { return }
        try file.write(pending.contents, at: written)
        written += pending.count
        pending.truncate()
        isSynced = false
    }

    /// Makes all leaves durable.
    func sync() throws {
        try flush()
        guard !isSynced else { return }
        try file.sync()
        isSynced = true
    }

    /// What is in the file: after `flush`, every leaf.
    var nodes: MerkleNodes { Self.nodes(of: file) }

    /// - Throws (of the reads): `LogError` if the file ends before.
    static func nodes(of file: File) -> MerkleNodes {
        MerkleNodes { place in
            var bytes = [UInt8](repeating: 0, count: MerkleHash.length)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: Int(place) * $0.count) }
            guard count == bytes.count, let hash = MerkleHash(bytes) else {
                throw LogError(
                    .corrupt,
                    "\(file.path): it ends before byte \((Int(place) + 1) * bytes.count); restore it from a copy")
            }
            return hash
        }
    }
}
