package import CRecords
import Glibc
package import Records

/// The records of a log that no host has open, to be overwritten in their places.
///
///     let log = try LogRewriting(configuration)
///     try log.rewrite { record, copy in … }        // true: the copy is to stand in the record's place
///     try log.close()
///
/// Of a log in Kafka there are no records in the folder, and nothing is overwritten but dead letters.
///
/// With `integrity`, it is signed first that other bytes are going to stand there. What is overwritten goes through a
/// journal, so that a crash leaves each record as it was or as it is to be. Not thread-safe. What throws, throws a
/// `LogError`.
package final class LogRewriting {
    /// A tree of the log as it stands, erased records' leaves included.
    package struct Root: Codable, Sendable {
        package let partition: LogTree
        package let size: UInt64
        package let root: MerkleHash
    }

    package let identity: LogIdentity
    let folder: LogFolder
    let signatures: TreeWriter?
    private let journal: RewriteJournal

    /// What is signed of erased records in one statement: a line should stay one that people can read.
    private static let recordsPerStatement = 1000

    /// Keeps other processes out of the log, and finishes what one before has left unfinished.
    /// - Throws: `inUse` if a host has the log open; `settings` if the log was signed and `log.integrity` is off now.
    package init(_ configuration: EventLogConfiguration) throws {
        try Self.check(configuration)
        if configuration.kafka != nil {
            folder = try LogFolder(configuration.directory, create: false)
            try folder.lock()
            guard let stored = try LogIdentity.load(folder) else {
                throw LogError(.corrupt, "\(folder.identityPath): missing, so this is no folder of a log")
            }
            identity = stored
            journal = RewriteJournal(folder)
            signatures = nil
            return
        }
        try RewriteJournal.finish(in: configuration.directory)
        let opening = try LogOpening(configuration)
        folder = opening.folder
        identity = opening.identity
        journal = RewriteJournal(opening.folder)
        guard configuration.integrity else {
            guard !IntegrityFolder(folder, identity).isThere else {
                throw LogError(
                    .settings,
                    "\(folder.path): this log is signed, so that no record can be erased unseen, and log.integrity is off; "
                        + "turn it on, or move the folder integrity away")
            }
            signatures = nil
            return
        }
        let end = LogOffset(segment: opening.last.header.number, byte: UInt32(opening.last.end))
        let state = DurableState(
            end: end, nextPositions: opening.last.nextPositions, segments: opening.segments, marks: opening.last.marks,
            tail: Tail(limit: configuration.tailBytes))
        let signatures = try TreeWriter(folder, identity, state)
        _ = try signatures.follow(through: end)
        try signatures.publish()
        self.signatures = signatures
    }

    deinit { folder.unlock() }

    /// - Throws: `settings` if nothing of such a log can be rewritten.
    package static func check(_ configuration: EventLogConfiguration) throws {
        guard let kafka = configuration.kafka, kafka.sealing == nil else { return }
        throw LogError(
            .settings,
            "\(kafka.name): what a topic holds can't be rewritten, and without log.kafka.sealing nobody can be erased from "
                + "this log; the topic's retention.ms says when its records go. With log.kafka.sealing, what comes from then on "
                + "can be erased")
    }

    /// What `LogDirectory` reads of it.
    package func directory() throws -> LogDirectory { try LogDirectory(folder.path) }

    /// The roots of the trees that have leaves; nil if the log is not signed.
    package var roots: [Root]? {
        signatures.map { signatures in
            (0...identity.partitions).filter { signatures.size(of: $0) > 0 }.map {
                Root(
                    partition: LogTree(index: $0, partitions: identity.partitions), size: signatures.size(of: $0),
                    root: signatures.root(of: $0))
            }
        }
    }

    /// Overwrites records, segment by segment: those of which `change` makes the copy another one, and says so.
    ///
    /// A copy keeps its length, partition and position; its checksum is made here.
    /// - Returns: how many were overwritten that were not like that before.
    package func rewrite(_ change: (RecordView, UnsafeMutablePointer<lectern_record>) throws -> Bool) throws -> Int {
        var count = 0
        var shared = signatures?.firstSharedLeaf ?? 0
        for number in try folder.segmentNumbers() {
            count += try rewrite(segment: number, &shared, change)
        }
        return count
    }

    private func rewrite(
        segment number: UInt32, _ shared: inout UInt64,
        _ change: (RecordView, UnsafeMutablePointer<lectern_record>) throws -> Bool
    ) throws -> Int {
        let reader = try SegmentReader(
            folder.segmentPath(number), number: number, identity: identity, chunkBytes: 1 << 20)
        let size = try reader.file.size()
        var pieces: [RewriteJournal.Piece] = []
        var erased: [Erasure.Erased] = []
        shared += 1  // the segment's header
        while true {
            var offset = reader.offset
            do {
                let records = try reader.next(through: size)
                if records.isEmpty { break }
                for record in RecordSequence(records) {
                    if let defect = record.defect(partitions: identity.partitions) { throw defect }
                    let isPositioned = record.kind?.hasPosition == true
                    let tree = isPositioned ? record.partition : identity.partitions
                    let position = isPositioned ? record.position : shared
                    if let piece = try replacement(of: record, at: offset, change) {
                        pieces.append(piece)
                        if let signatures {
                            erased.append(
                                Erasure.Erased(
                                    partition: LogTree(index: tree, partitions: identity.partitions),
                                    position: position,
                                    leaf: try signatures.leaf(position, of: tree), replacement: .leaf(piece.bytes)))
                        }
                    }
                    if !isPositioned { shared += 1 }
                    offset += record.bytes.count
                }
            } catch let defect as Defect {
                throw LogError.corrupt(reader.file.path, at: offset, defect.reason)
            }
        }
        guard !pieces.isEmpty else { return 0 }
        for start in stride(from: 0, to: erased.count, by: Self.recordsPerStatement) {
            try signatures?.signErasure(of: Array(erased[start..<min(start + Self.recordsPerStatement, erased.count)]))
        }
        try journal.write(pieces, to: number)
        return pieces.count
    }

    private func replacement(
        of record: RecordView, at offset: Int,
        _ change: (RecordView, UnsafeMutablePointer<lectern_record>) throws -> Bool
    ) throws -> RewriteJournal.Piece? {
        let length = record.bytes.count
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
        defer { copy.deallocate() }
        copy.copyMemory(from: record.bytes)
        let header = copy.baseAddress!.assumingMemoryBound(to: lectern_record.self)
        guard try change(record, header) else { return nil }
        precondition(
            RecordView(header).hasSoundLengths && header.pointee.length == record.header.pointee.length
                && header.pointee.partition == record.header.pointee.partition
                && header.pointee.position == record.header.pointee.position,
            "what stands in a record's place has its length and its position")
        header.pointee.checksum = lectern_record_checksum(header)
        guard memcmp(copy.baseAddress!, record.bytes.baseAddress!, length) != 0 else { return nil }
        return RewriteJournal.Piece(offset: offset, bytes: Array(copy))
    }

    /// Lets others open the log.
    package func close() { folder.unlock() }
}
