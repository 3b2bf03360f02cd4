import FoundationEssentials
import Glibc
import Records

/// Follows a log: makes its trees grow by what has become durable, and signs tree heads. Used by one thread at a time.
///
/// What is on the disk is only ever behind the log: a host that starts goes on from the progress that was stored with the
/// last heads, and hashes what came after it once more.
final class TreeWriter {
    private let folder: IntegrityFolder
    private let identity: LogIdentity
    private let key: SigningKey
    private let reader: LogReader
    private let trees: [TreeFile]
    /// The size of each tree's newest head.
    private var signed: [UInt64]
    /// Heads that were signed before what they vouch for was noted as progress: by tree and size.
    private var roots: [Int: [UInt64: MerkleHash]]
    /// What stands in the place of erased records, by tree and position, where the log is read from its beginning.
    private var erased: [Int: [UInt64: Erasure.Erased]] = [:]
    private var published: LogOffset?
    /// The newest retention that was signed.
    private(set) var retention: Retention?

    /// - Parameter state: of the log, open or just being opened.
    /// - Throws: `LogError` if what is stored contradicts itself or the log.
    init(_ logFolder: LogFolder, _ identity: LogIdentity, _ state: DurableState) throws {
        let folder = IntegrityFolder(logFolder, identity)
        self.folder = folder
        self.identity = identity
        key = try folder.openKey()
        retention = try folder.statements(Retention.self, in: folder.retentionsPath, key: key.publicKey).last
        if let progress = try folder.progress(key: key.publicKey), progress.trees.count == identity.partitions + 1 {
            guard progress.offset <= state.end else {
                throw LogError(
                    .corrupt,
                    "\(logFolder.path): the log ends at \(state.end), but its trees hold records up to "
                        + "\(progress.offset): restore it from a copy, or move \(folder.path) away to sign it anew")
            }
            published = progress.offset
            reader = try LogReader(logFolder, identity, state, from: progress.offset)
            signed = progress.trees.map(\.size)
            trees = try zip(folder.trees, progress.trees).map {
                try Self.open(
                    folder.treePath($0), size: $1.size, root: $1.root,
                    orElse: ", or remove \(folder.progressPath) to make it again from the log")
            }
            roots = try Self.roots(folder, key.publicKey, from: progress.heads)
        } else {
            let removed = retention
            reader = try LogReader(
                logFolder, identity, state, fromSegment: max(state.keptSegments[0].number, removed?.segment ?? 0))
            trees = try folder.trees.map { tree in
                let gone = removed?.trees.first { $0.partition == tree }
                return try Self.open(folder.treePath(tree), size: gone?.size ?? 0, root: gone?.root ?? .ofNothing)
            }
            signed = trees.map(\.size)
            roots = try Self.roots(folder, key.publicKey, from: 0)
            for record in try folder.statements(Erasure.self, in: folder.erasuresPath, key: key.publicKey)
                .flatMap(\.records)
            {
                guard let tree = record.partition.index(partitions: identity.partitions) else { continue }
                erased[tree, default: [:]][record.position] = record
            }
        }
        for (tree, known) in roots { signed[tree] = max(signed[tree], known.keys.max() ?? 0) }
        if trees[identity.partitions].size == 0 {
            try File(logFolder.identityPath, O_RDONLY).contents().withUnsafeBytes {
                try add($0, to: identity.partitions)
            }
        }
    }

    private static func open(
        _ path: String, size: UInt64, root: MerkleHash, orElse remedy: String = ""
    ) throws -> TreeFile {
        let tree = try TreeFile(path, size: size)
        guard tree.root == root else {
            throw LogError(
                .corrupt,
                "\(path): the root of \(size) leaves is not the one that was signed: restore it from a copy\(remedy)")
        }
        return tree
    }

    private static func roots(
        _ folder: IntegrityFolder, _ key: PublicKey, from start: Int
    ) throws -> [Int: [UInt64: MerkleHash]] {
        var roots: [Int: [UInt64: MerkleHash]] = [:]
        for head in try folder.statements(TreeHead.self, in: folder.headsPath, from: start, key: key) {
            guard let tree = head.partition.index(partitions: folder.partitions) else { continue }
            roots[tree, default: [:]][head.size] = head.root
        }
        return roots
    }

    /// How many leaves a tree has.
    func size(of tree: Int) -> UInt64 { trees[tree].size }

    /// Its root.
    func root(of tree: Int) -> MerkleHash { trees[tree].root }

    /// The number that the header of the first kept segment has in the shared tree.
    var firstSharedLeaf: UInt64 { retention?.trees.first { $0.partition == .shared }?.size ?? 1 }

    /// A leaf that a tree has.
    func leaf(_ position: UInt64, of tree: Int) throws -> MerkleHash { try trees[tree].nodes.leaf(position) }

    // MARK: Growing

    /// Adds what the log has up to `end`, at least `limit` bytes if there are so many.
    /// - Returns: whether `end` was reached.
    /// - Throws: `corrupt` if a record is not what was written, or the records not what was signed.
    func follow(through end: LogOffset, limit: Int = .max) throws -> Bool {
        var left = limit
        while left > 0 {
            guard let chunk = try reader.next(through: end) else { return true }
            if chunk.beginsSegment {
                try reader.header.encoded.withUnsafeBytes { try add($0, to: identity.partitions) }
            }
            try add(chunk)
            left -= chunk.bytes.count
        }
        return false
    }

    private func add(_ chunk: RecordChunk) throws {
        guard let start = chunk.bytes.baseAddress else { return }
        let partitions = identity.partitions
        for record in RecordSequence(chunk.bytes) {
            func corrupt(_ reason: String) -> LogError {
                reader.corrupt(chunk, at: UnsafeRawPointer(record.header) - start, reason)
            }
            if !chunk.isChecked, let defect = record.defect(partitions: partitions) { throw corrupt(defect.reason) }
            let isPositioned = record.kind?.hasPosition == true
            let tree = isPositioned ? record.partition : partitions
            if isPositioned, record.position != trees[tree].size {
                throw corrupt(
                    "position \(record.position) found in partition \(tree), \(trees[tree].size) expected by its tree")
            }
            try add(record.bytes, to: tree)
        }
    }

    @inline(__always)
    private func add(_ content: UnsafeRawBufferPointer, to tree: Int) throws {
        var leaf = MerkleHash.leaf(content)
        if !erased.isEmpty, let erased = erased[tree]?[trees[tree].size], erased.replacement == leaf {
            leaf = erased.leaf
        }
        try trees[tree].append(leaf)
        if !roots.isEmpty { try check(tree) }
    }

    /// Checks a tree that has reached the size of a head that was signed before.
    private func check(_ index: Int) throws {
        let tree = trees[index]
        guard let root = roots[index]?.removeValue(forKey: tree.size) else { return }
        if roots[index]?.isEmpty == true { roots[index] = nil }
        guard root != tree.root else { return }
        throw LogError(
            .corrupt,
            "\(folder.headsPath): the log is not what the head of \(LogTree(index: index, partitions: identity.partitions)) "
                + "with \(tree.size) leaves was signed for; `lectern log verify` says where")
    }

    // MARK: Signing

    /// Makes the trees durable and signs a head of each that has grown.
    func publish() throws {
        // What was signed before is not signed again, nor anything short of it.
        guard reader.offset != published, zip(trees, signed).allSatisfy({ $0.size >= $1 }) else { return }
        for tree in trees { try tree.sync() }
        let time = timeOfStatement()
        var lines = Data()
        for (index, tree) in trees.enumerated() where tree.size > signed[index] {
            let head = TreeHead(
                log: folder.log, partition: LogTree(index: index, partitions: identity.partitions), size: tree.size,
                root: tree.root, time: time)
            lines += try Signed(head, by: key).line
        }
        let length = try folder.append(lines, to: folder.headsPath)
        let progress = Progress(
            log: folder.log, offset: reader.offset, trees: trees.map { .init(size: $0.size, root: $0.root) },
            heads: length)
        try folder.store(folder.progressPath, Signed(progress, by: key).line)
        signed = trees.map(\.size)
        published = reader.offset
    }

    /// Signs that the segments before one are deleted on purpose. To be called before they are.
    /// - Parameter header: of the first segment that stays, which `publish` has passed.
    func signRetention(before header: SegmentHeader) throws {
        let shared = identity.partitions
        guard let begin = try index(of: .leaf(header.encoded), in: shared) else {
            throw LogError(
                .outOfRange, "segment \(header.number) can't become the first one yet: no head is signed for it")
        }
        let sizes = header.basePositions + [begin]
        let removed = try folder.trees.enumerated().map { index, tree in
            Retention.Removed(
                partition: tree, size: sizes[index], root: try trees[index].nodes.root(size: sizes[index]))
        }
        let retention = Retention(log: folder.log, segment: header.number, trees: removed, time: timeOfStatement())
        try folder.append(Signed(retention, by: key).line, to: folder.retentionsPath)
        self.retention = retention
    }

    /// Signs that other bytes will stand in the place of some records. To be called before they do.
    /// - Throws: `outOfRange` if one is not in a published tree, or its leaf is another one.
    func signErasure(of records: [Erasure.Erased]) throws {
        for record in records {
            guard let tree = record.partition.index(partitions: identity.partitions),
                record.position < trees[tree].size,
                try trees[tree].nodes.leaf(record.position) == record.leaf
            else {
                throw LogError(
                    .outOfRange,
                    "position \(record.position) of \(record.partition) can't be erased: it is not the record that the "
                        + "tree knows")
            }
        }
        let erasure = Erasure(log: folder.log, records: records, time: timeOfStatement())
        try folder.append(Signed(erasure, by: key).line, to: folder.erasuresPath)
    }

    /// Where a tree has a leaf, from its end.
    private func index(of leaf: MerkleHash, in tree: Int) throws -> UInt64? {
        let nodes = trees[tree].nodes
        for index in (0..<trees[tree].size).reversed() where try nodes.leaf(index) == leaf { return index }
        return nil
    }
}

extension MerkleHash {
    static func leaf(_ content: [UInt8]) -> MerkleHash { content.withUnsafeBytes { leaf($0) } }
}
