import Glibc
import Records

/// Checks one tree of a log against its file and against what was signed, leaf by leaf as the records come.
final class TreeCheck {
    /// A root that was signed, and by what.
    struct Root {
        let size: UInt64
        let root: MerkleHash
        let source: String
    }

    /// What the file says of a leaf that is taken.
    enum Outcome {
        case expected
        /// It stands in the place of an erased one.
        case erased
        /// It is not the one that was signed.
        case changed
    }

    let tree: LogTree
    let path: String
    /// The largest size that was signed. Up to there the file is the truth; behind it, it may be out of date.
    let signed: UInt64
    private(set) var problems: [LogProblem] = []
    /// How many leaves have been taken.
    private(set) var size: UInt64 = 0
    /// Before this one there are none.
    private(set) var start: UInt64 = 0
    private var edge = MerkleTree()
    private let roots: [Root]
    private var nextRoot = 0
    /// The size of the last root that agreed.
    private var agreed: UInt64 = 0
    private let erased: [UInt64: Erasure.Erased]
    /// Nil if there is none.
    private let file: File?
    /// Hashes from number `windowStart` of the file on.
    private var window: [MerkleHash] = []
    private var windowStart: UInt64 = 0
    private var isFileDamaged = false
    /// A leaf is not known: no root can be compared any more.
    private var isLost = false

    init(_ tree: LogTree, path: String, roots: [Root], erased: [UInt64: Erasure.Erased]) {
        self.tree = tree
        self.path = path
        self.roots = roots.sorted { $0.size < $1.size }
        self.erased = erased
        signed = roots.map(\.size).max() ?? 0
        file = try? File(path, O_RDONLY)
    }

    /// Begins with a later leaf, of a tree of which nothing was signed.
    func begin(at size: UInt64) { (self.size, start) = (size, size) }

    /// Takes the next leaf.
    /// - Parameter leaf: nil if what should be there is gone or damaged.
    @discardableResult
    func take(_ leaf: MerkleHash?) throws -> Outcome {
        let index = size
        size += 1
        guard index < signed else { return .expected }
        let stored = try node(MerkleNodes.count(leaves: index))
        var outcome = Outcome.expected
        var kept = stored ?? leaf
        if let leaf, let stored, leaf != stored {
            if let erased = erased[index], erased.leaf == stored, erased.replacement == leaf {
                outcome = .erased
            } else if try isSigned(leaf, at: index), try !isSigned(stored, at: index) {
                damaged(MerkleNodes.count(leaves: index))
                kept = leaf
            } else {
                outcome = .changed
            }
        }
        if stored == nil { damaged(MerkleNodes.count(leaves: index), "it ends before this byte, hashes are missing") }
        guard let kept else {
            isLost = true
            return outcome
        }
        guard !isLost else { return outcome }
        var place = MerkleNodes.count(leaves: index)
        try edge.append(kept) { hash in
            if let stored = try node(place), stored != hash, place != MerkleNodes.count(leaves: index) {
                damaged(place)
            }
            place += 1
        }
        compare()
        return outcome
    }

    /// Takes leaves whose records are gone, as they are stored.
    func skip(to size: UInt64) throws {
        while self.size < size { try take(nil) }
    }

    /// Whether a leaf that comes out of turn may be the one at `index`, after the next one: as far as it is signed, the
    /// file says so.
    func mayHave(_ leaf: MerkleHash, at index: UInt64) throws -> Bool {
        guard index > size else { return false }
        // Behind what is signed, and before that is complete: rather a wrong position than that all the rest is gone.
        if index >= signed { return size >= signed }
        guard let stored = try node(MerkleNodes.count(leaves: index)) else { return true }
        return leaf == stored || erased[index]?.replacement == leaf
    }

    /// Where the file has a leaf, not before the next one; nil if it has none.
    func find(_ leaf: MerkleHash) throws -> UInt64? {
        var index = size
        while index < signed {
            if try node(MerkleNodes.count(leaves: index)) == leaf { return index }
            index += 1
        }
        return nil
    }

    /// Whether the file's other hashes prove that the leaf was signed.
    private func isSigned(_ leaf: MerkleHash, at index: UInt64) throws -> Bool {
        guard let file, let head = roots.first(where: { $0.size > index }),
            let path = try? TreeFile.nodes(of: file).inclusionPath(of: index, size: head.size)
        else { return false }
        return MerkleProof.isIncluded(leaf, at: index, size: head.size, root: head.root, path: path)
    }

    private func compare() {
        while nextRoot < roots.count, roots[nextRoot].size <= edge.size {
            let root = roots[nextRoot]
            nextRoot += 1
            guard root.size == edge.size, !isLost else { continue }
            if root.root == edge.root {
                agreed = root.size
                continue
            }
            isLost = true
            problems.append(
                LogProblem(
                    file: root.source, partition: tree,
                    found:
                        "the records from position \(agreed) to \(root.size - 1) are not what this was signed for, or "
                        + "one of them is missing"))
        }
    }

    private func damaged(_ place: UInt64, _ found: String = "a hash is not what was written") {
        // Of what a damaged hash leads to, only the first is worth a word.
        guard !isFileDamaged, !isLost else { return }
        isFileDamaged = true
        problems.append(
            LogProblem(file: path, byte: Int(place) * MerkleHash.length, partition: tree, found: found))
    }

    /// The hash at a place of the file, or nil if it ends before.
    private func node(_ place: UInt64) throws -> MerkleHash? {
        guard let file else { return nil }
        if place < windowStart || place >= windowStart + UInt64(window.count) {
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: Int(place) * MerkleHash.length) }
            windowStart = place
            window = stride(from: 0, to: count - count % MerkleHash.length, by: MerkleHash.length).compactMap {
                MerkleHash(bytes[$0..<$0 + MerkleHash.length])
            }
        }
        let index = Int(place - windowStart)
        return index < window.count ? window[index] : nil
    }
}
