import Foundation

/// Something that a head names is gone, since there is a newer one: read again.
struct RedisOutdated: Error {}

/// What is stored of a plugin in a partition, as one head names it; read when it is needed first. Not thread-safe.
final class RedisPartitionContents {
    let id: RedisPartitionID
    let head: RedisHead
    let description: RedisDescription
    private let source: RedisSource
    private let knownBase: RedisMerge?
    private let knownEntries: [RedisEntry?]
    private var readEntries: [RedisEntry]?
    private var readBase: RedisBase?

    /// - Parameters:
    ///   - base: the sorted part, which then need not be read.
    ///   - entries: likewise, from the first on.
    init(
        _ id: RedisPartitionID, _ head: RedisHead, _ description: RedisDescription, _ source: RedisSource,
        base: RedisMerge? = nil, entries: [RedisEntry?] = []
    ) {
        self.id = id
        self.head = head
        self.description = description
        self.source = source
        knownBase = base
        knownEntries = entries
        readBase = base?.base
    }

    /// Without states and marks.
    var checkpointHead: RestoredCheckpoint {
        RestoredCheckpoint(
            log: head.log, position: head.position, epoch: head.epoch, summary: description.summary, marks: [],
            blocks: [], version: version)
    }

    var version: StoredVersion { StoredVersion(life: head.life, end: head.entries.upperBound) }

    /// Nil if what came since is no longer apart from the rest.
    func changes(since version: StoredVersion) throws -> StoredChanges? {
        guard version.life == head.life, head.entries.lowerBound <= version.end, version.end <= head.entries.upperBound
        else { return nil }
        let blocks = try read(version.end..<head.entries.upperBound).flatMap { entry in
            try entry.pieces.map { piece in
                guard description.piles.indices.contains(piece.pile) else {
                    throw damaged("a checkpoint of no component")
                }
                return try piece.states.withUnsafeBytes { try RedisPile(self, index: piece.pile, number: 0).block($0) }
            }
        }
        return StoredChanges(position: head.position, epoch: head.epoch, version: self.version, blocks: blocks)
    }

    /// The oldest first.
    func entries() throws -> [RedisEntry] {
        if let readEntries { return readEntries }
        let known = knownEntries + repeatElement(nil, count: max(0, head.entries.count - knownEntries.count))
        var missing = try read(zip(head.entries, known).filter { $0.1 == nil }.map(\.0)).makeIterator()
        let entries = known.compactMap { $0 ?? missing.next() }
        readEntries = entries
        return entries
    }

    private func read(_ numbers: some Sequence<UInt64>) throws -> [RedisEntry] {
        try source.parts(id, head.life, numbers.map(RedisHead.entryName)).map { bytes in
            guard let entry = RedisEntry(bytes) else { throw damaged("a checkpoint that is none") }
            return entry
        }
    }

    func base() throws -> RedisBase {
        if let readBase { return readBase }
        var base = RedisBase()
        if head.base != 0 {
            let bytes = try source.parts(id, head.life, [head.baseName()])[0]
            guard let decoded = try? JSONDecoder().decode(RedisBase.self, from: Data(bytes)) else {
                throw damaged("a list of rows that is none")
            }
            base = decoded
        }
        readBase = base
        return base
    }

    func rows(_ numbers: Range<Int>) throws -> [[UInt8]] {
        if let knownBase { return Array(knownBase.rows[numbers]) }
        return try source.parts(id, head.life, numbers.map(head.rowName))
    }

    /// All marks that count, in order.
    func marks() throws -> [[UInt8]] {
        guard var marks = MarkFrames.split([UInt8](try base().marks)) else { throw damaged("marks that are cut short") }
        for entry in try entries() {
            if entry.replacesMarks { marks = [] }
            if !entry.marks.isEmpty { marks.append(entry.marks) }
        }
        return marks
    }

    func damaged(_ found: String) -> StoreError {
        .corrupt(place: "\(source.name), plugin \(id.plugin), partition \(id.partition)", found: found)
    }
}

/// The stored states of one component in a partition.
struct RedisPile: StatePile {
    let id: Int
    let component: StateComponent
    let isExternal: Bool
    var partition: Int { contents.id.partition }
    private let index: Int
    private let contents: RedisPartitionContents

    /// Rows that are asked for at once: 512 KiB.
    private static let window = 8

    /// - Parameter number: of the partition in the catalog.
    init(_ contents: RedisPartitionContents, index: Int, number: Int) {
        self.contents = contents
        self.index = index
        let pile = contents.description.piles[index]
        component = pile.component(contents.id.plugin)
        isExternal = pile.external
        id = number << 20 | index
    }

    func forEachRecent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for entry in try contents.entries() {
            for piece in entry.pieces where piece.pile == index {
                try piece.states.withUnsafeBytes(body)
            }
        }
    }

    func forEachSorted(from hash: Int64, _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool) throws {
        guard let pile = try contents.base().piles.first(where: { $0.pile == index }) else { return }
        var next = pile.hashes.lastIndex { $0 <= hash } ?? 0
        while next < pile.hashes.count {
            let end = min(next + Self.window, pile.hashes.count)
            for row in try contents.rows(pile.firstRow + next..<pile.firstRow + end) {
                guard try row.withUnsafeBytes({ try body(pile.hashes[next], $0) }) else { return }
                next += 1
            }
        }
    }

    /// The newest first.
    func blocks() throws -> [StateBlock] {
        var recent: [StateBlock] = []
        try forEachRecent { recent.append(try block($0)) }
        var sorted: [StateBlock] = []
        try forEachSorted(from: .min) { _, row in
            sorted.append(try block(row))
            return true
        }
        return recent.reversed() + sorted
    }

    func block(_ row: UnsafeRawBufferPointer) throws -> StateBlock {
        var entries = StateEntries(row)
        while entries.next() != nil {}
        if entries.isCutShort { throw damaged }
        return StateBlock(component: component, external: isExternal, bytes: [UInt8](row))
    }
}
