import EventLog
import FoundationEssentials
import Testing

@Suite struct MerkleTests {
    /// RFC 6962 by its definition, in 2.1: slow, and hard to get wrong.
    private func root(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        if leaves.isEmpty { return .ofNothing }
        if leaves.count == 1 { return leaves.first! }
        var left = 1
        while left * 2 < leaves.count { left *= 2 }
        return .node(root(leaves.prefix(left)), root(leaves.dropFirst(left)))
    }

    private func leaf(_ number: Int) -> MerkleHash { withUnsafeBytes(of: number) { .leaf($0) } }

    private func grow(_ count: Int) -> (leaves: [MerkleHash], roots: [MerkleHash], nodes: MerkleNodes) {
        let leaves = (0..<count).map(leaf)
        var tree = MerkleTree()
        var roots = [tree.root]
        var stored: [MerkleHash] = []
        for leaf in leaves {
            tree.append(leaf) { stored.append($0) }
            roots.append(tree.root)
        }
        return (leaves, roots, MerkleNodes { [stored] in stored[Int($0)] })
    }

    @Test func theEmptyTreeAndALeafAreThoseOfTheStandard() {
        #expect("\(MerkleHash.ofNothing)" == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let nothing = MerkleHash.leaf(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect("\(nothing)" == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    }

    @Test func rootsOfEverySizeFollowFromTheDefinition() throws {
        let (leaves, roots, nodes) = grow(130)
        for size in 0...130 {
            let expected = root(leaves.prefix(size))
            #expect(roots[size] == expected)
            #expect(try nodes.root(size: UInt64(size)) == expected)
            #expect(try MerkleTree(nodes, size: UInt64(size)).root == expected)
        }
    }

    @Test func everyLeafOfEverySizeCanBeProved() throws {
        let (leaves, roots, nodes) = grow(40)
        for size in 1...40 {
            for index in 0..<size {
                let path = try nodes.inclusionPath(of: UInt64(index), size: UInt64(size))
                func isIncluded(_ leaf: MerkleHash, at index: Int) -> Bool {
                    MerkleProof.isIncluded(leaf, at: UInt64(index), size: UInt64(size), root: roots[size], path: path)
                }
                #expect(isIncluded(leaves[index], at: index))
                #expect(!isIncluded(leaf(-1), at: index))
                #expect(!isIncluded(leaves[index], at: index ^ 1))
            }
        }
    }

    @Test func everyTwoSizesCanBeProvedConsistent() throws {
        let (_, roots, nodes) = grow(40)
        for second in 1...40 {
            for first in 1...second {
                let path = try nodes.consistencyPath(from: UInt64(first), to: UInt64(second))
                func isConsistent(_ old: MerkleHash, _ new: MerkleHash) -> Bool {
                    MerkleProof.isConsistent(
                        first: UInt64(first), root: old, second: UInt64(second), root: new, path: path)
                }
                #expect(isConsistent(roots[first], roots[second]))
                #expect(!isConsistent(leaf(-1), roots[second]))
                #expect(!isConsistent(roots[first], leaf(-1)))
            }
        }
    }

    @Test(
        "the verdicts of vectors that nobody here wrote are ours",
        .enabled(if: MerkleVectors.isExpected, "../shared/data/merkle is absent"))
    func vectors() throws {
        let inclusion = try MerkleVectors.read("inclusion") as [MerkleVectors.Inclusion]
        for vector in inclusion { #expect(vector.isAccepted == !vector.wantErr, "inclusion: \(vector.desc)") }
        let consistency = try MerkleVectors.read("consistency") as [MerkleVectors.Consistency]
        for vector in consistency { #expect(vector.isAccepted == !vector.wantErr, "consistency: \(vector.desc)") }
        #expect(inclusion.contains { !$0.wantErr } && consistency.contains { !$0.wantErr })
    }
}

/// Proofs of `../shared/data/merkle`, with what is to be said of them. On a CI machine (CI=true) they must be there.
enum MerkleVectors {
    static let folder = URL(filePath: #filePath).appending(path: "../../../../shared/data/merkle").standardizedFileURL
        .path
    static let isExpected =
        ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: folder)

    struct Inclusion: Decodable {
        let desc: String
        let wantErr: Bool
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: Data
        let leafHash: Data
        let proof: [Data]?

        var isAccepted: Bool {
            guard let root = MerkleHash(root), let leaf = MerkleHash(leafHash), let path = hashes(proof) else {
                return false
            }
            return MerkleProof.isIncluded(leaf, at: leafIdx, size: treeSize, root: root, path: path)
        }
    }

    struct Consistency: Decodable {
        let desc: String
        let wantErr: Bool
        let size1: UInt64
        let size2: UInt64
        let root1: Data
        let root2: Data
        let proof: [Data]?

        var isAccepted: Bool {
            guard let first = MerkleHash(root1), let second = MerkleHash(root2), let path = hashes(proof) else {
                return false
            }
            return MerkleProof.isConsistent(first: size1, root: first, second: size2, root: second, path: path)
        }
    }

    /// Nil if one is no hash.
    private static func hashes(_ proof: [Data]?) -> [MerkleHash]? {
        let hashes = (proof ?? []).compactMap { MerkleHash($0) }
        return hashes.count == (proof ?? []).count ? hashes : nil
    }

    static func read<Vector: Decodable>(_ kind: String) throws -> [Vector] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/\(kind)")
        let files = names.filter { $0.hasSuffix(".json") }.sorted()
        return try files.map {
            try JSONDecoder().decode(Vector.self, from: Data(contentsOf: URL(filePath: "\(folder)/\(kind)/\($0)")))
        }
    }
}
