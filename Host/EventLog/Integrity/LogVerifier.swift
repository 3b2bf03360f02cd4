import CRecords
import Glibc
import Records

/// One check of a whole log: see `LogDirectory.verify`.
final class LogVerifier {
    private let log: LogDirectory
    private let identity: LogIdentity
    private let integrity: IntegrityFolder
    private var result = LogVerification()
    /// Of each partition, and last the shared one.
    private var trees: [TreeCheck] = []
    private var retention: Retention?
    private var isSigned = false
    /// Where the log is known to go to, if a host has noted it.
    private var durable: LogOffset?
    private var isBoundary = false
    /// Damaged records of which nobody can tell yet where they belong: indices of problems.
    private var unplaced: [Int] = []
    /// More problems than these are counted only.
    private static let limit = 1000

    /// - Parameter mustBeSigned: that nobody has ever signed the log is a problem.
    init(_ log: LogDirectory, key: PublicKey?, heads: String?, mustBeSigned: Bool) throws {
        self.log = log
        identity = log.identity
        integrity = IntegrityFolder(log.folder, log.identity)
        // What is signed is read before the log: a host that writes is then never ahead with it.
        try readStatements(key: key, copy: heads)
        readDurableEnd()
        if mustBeSigned, !integrity.isThere {
            add(integrity.path, "the log should be signed, as the settings say (log.integrity), but nothing is here")
        }
    }

    // MARK: What was signed

    private func readStatements(key given: PublicKey?, copy: String?) throws {
        var roots: [LogTree: [TreeCheck.Root]] = [:]
        var erased: [LogTree: [UInt64: Erasure.Erased]] = [:]
        isSigned = integrity.isThere || copy != nil
        if isSigned, let key = publicKey(given) {
            // Before the heads: a host that runs signs those first, and then the progress that counts on them.
            let progress = try progress(key)
            let files = [integrity.headsPath] + (copy.map { [$0] } ?? [])
            for file in files {
                for head in try statements(TreeHead.self, in: file, key) {
                    roots[head.partition, default: []].append(
                        .init(size: head.size, root: head.root, source: "\(file), the head of \(head.time)"))
                    result.heads += file == integrity.headsPath ? 1 : 0
                    result.newestHead = max(result.newestHead ?? "", head.time)
                }
            }
            for next in try statements(Retention.self, in: integrity.retentionsPath, key) {
                retention = next
                for tree in next.trees {
                    let source = "\(integrity.retentionsPath), the retention of \(next.time)"
                    roots[tree.partition, default: []].append(.init(size: tree.size, root: tree.root, source: source))
                }
            }
            for record in try statements(Erasure.self, in: integrity.erasuresPath, key).flatMap(\.records) {
                erased[record.partition, default: [:]][record.position] = record
            }
            if let progress { check(progress, roots) }
        }
        if let copy, access(copy, R_OK) != 0 { throw LogError.disk("open", copy) }
        trees = integrity.trees.map { tree in
            TreeCheck(
                tree, path: integrity.treePath(tree), roots: roots[tree] ?? [], erased: erased[tree] ?? [:])
        }
    }

    private func publicKey(_ given: PublicKey?) -> PublicKey? {
        let path = integrity.publicKeyPath
        do {
            let stored = try PublicKey(path: path)
            if let given, given != stored {
                add(path, "this is another key than the one that must have signed the log")
            }
            return given ?? stored
        } catch {
            add(path, "no public Ed25519 key in PEM is here, so no signature can be checked")
            return given
        }
    }

    private func statements<Content: Statement>(_ type: Content.Type, in path: String, _ key: PublicKey) throws
        -> [Content]
    {
        var found: [Content] = []
        try IntegrityFolder.lines(of: path) { line, offset in
            do {
                found.append(try Signed<Content>(line: line, log: integrity.log, key: key).statement)
            } catch let defect as Defect {
                add(path, byte: offset, defect.reason)
            }
        }
        return found
    }

    private func progress(_ key: PublicKey) throws -> Progress? {
        let path = integrity.progressPath
        guard access(path, F_OK) == 0 else { return nil }
        guard let progress = try integrity.progress(key: key) else {
            add(path, byte: 0, "this is no signed \(Progress.kind)")
            return nil
        }
        return progress
    }

    private func check(_ progress: Progress, _ roots: [LogTree: [TreeCheck.Root]]) {
        for (tree, known) in zip(integrity.trees, progress.trees) where known.size > 0 {
            let signed = roots[tree]?.map(\.size).max() ?? 0
            guard signed < known.size else { continue }
            add(integrity.headsPath, tree: tree, "a signed head of \(known.size) leaves is missing")
        }
    }

    private func readDurableEnd() {
        let path = DurableMark.path(log.folder.path)
        guard access(path, F_OK) == 0, let bytes = try? File(path, O_RDONLY).contents(), !bytes.isEmpty else { return }
        guard bytes.count == 24, bytes.starts(with: identity.id) else {
            return add(path, byte: 0, "this is not the mark of this log's durable end")
        }
        durable = LogOffset(packed: bytes.load(16))
    }

    // MARK: What is there

    func run(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> LogVerification {
        var numbers = try log.folder.segmentNumbers()
        // Nobody has to account for what was deleted of a log that was never signed.
        let first = retention?.segment ?? (isSigned ? 1 : numbers.first ?? 1)
        numbers.removeAll { $0 < first }
        let sizes = try numbers.map { try File(log.folder.segmentPath($0), O_RDONLY).size() }
        try takeBeginning()
        var expected = first
        var done = 0
        var end = 0
        for (index, number) in numbers.enumerated() {
            if number != expected { add(log.folder.segmentPath(expected), segment: expected, "missing") }
            expected = number + 1
            let isFirst = index == 0 && number == first
            end = try check(
                number, size: sizes[index], previous: index > 0 ? (numbers[index - 1], sizes[index - 1]) : nil,
                isFirst: isFirst, isLast: index == numbers.count - 1
            ) { progress(done + $0, sizes.reduce(0, +)) }
            done += sizes[index]
            result.segments += 1
        }
        try finish(last: numbers.last ?? first, end: end, isEmpty: numbers.isEmpty)
        result.problems += trees.flatMap(\.problems)
        let hidden = result.problems.count - Self.limit
        if hidden > 0 {
            result.problems.removeLast(hidden)
            add(log.folder.path, "and \(hidden) more problems")
        }
        return result
    }

    /// What precedes the first segment: the log's description, and all that a retention has removed.
    private func takeBeginning() throws {
        let path = log.folder.identityPath
        try take(
            .leaf(try File(path, O_RDONLY).contents()), to: identity.partitions,
            LogProblem(file: path, byte: 0, found: ""))
        for removed in retention?.trees ?? [] {
            guard let index = removed.partition.index(partitions: identity.partitions) else { continue }
            try trees[index].skip(to: removed.size)
            if index < identity.partitions { result.removed += removed.size }
        }
    }

    /// - Returns: where the segment's records end.
    private func check(
        _ number: UInt32, size: Int, previous: (number: UInt32, size: Int)?, isFirst: Bool, isLast: Bool,
        _ progress: (Int) -> Void
    ) throws -> Int {
        let path = log.folder.segmentPath(number)
        let file = try File(path, O_RDONLY)
        let length = SegmentHeader.length(partitions: identity.partitions)
        var bytes = [UInt8](repeating: 0, count: length)
        let read = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let place = LogProblem(file: path, segment: number, byte: 0, found: "")
        let known = durable.map { $0 > LogOffset(segment: number, byte: 0) } ?? false
        if isLast, read < length, !known, !isFirst {
            result.torn = "\(path): the segment's header is not whole"
            return 0
        }
        let leaf = MerkleHash.leaf(Array(bytes[..<read]))
        var header = SegmentHeader(
            log: identity.id, number: number, previousLength: 0, headLength: UInt64(length), highestSession: 0,
            created: 0, basePositions: Array(repeating: 0, count: identity.partitions))
        let reader: SegmentReader
        do {
            header = try SegmentReader.header(of: file, number: number, identity: identity)
            if !isFirst, previous == nil || previous?.number != number - 1,
                let index = try trees[identity.partitions].find(leaf)
            {
                try trees[identity.partitions].skip(to: index)
            }
            try take(leaf, to: identity.partitions, place)
            if let previous, previous.number == number - 1, Int(header.previousLength) != previous.size {
                add(
                    log.folder.segmentPath(previous.number), segment: previous.number,
                    byte: min(previous.size, Int(header.previousLength)),
                    "the file has \(previous.size) bytes, \(header.previousLength) expected")
            }
            if isFirst, !isSigned { for (tree, base) in zip(trees, header.basePositions) { tree.begin(at: base) } }
            for (partition, base) in header.basePositions.enumerated() {
                try bridge(partition, to: base, LogProblem(file: path, segment: number, byte: 0, found: ""))
            }
        } catch let defect as Defect {
            add(place, in: trees[identity.partitions], defect.reason)
            try trees[identity.partitions].take(nil)
        }
        reader = SegmentReader(file, header, chunkBytes: 1 << 20)
        return try checkRecords(reader, number, end: size, isLast: isLast, progress)
    }

    private func checkRecords(
        _ reader: SegmentReader, _ number: UInt32, end: Int, isLast: Bool, _ progress: (Int) -> Void
    ) throws -> Int {
        note(reader.offset, number)
        while reader.offset < end {
            let offset = reader.offset
            do {
                let records = try reader.next(through: end)
                var at = offset
                for record in RecordSequence(records) {
                    if isLast, let defect = record.defect(partitions: identity.partitions), !isDurable(at, number) {
                        result.torn = "\(reader.file.path), byte \(at): \(defect.reason)"
                        return at
                    }
                    try check(record, LogProblem(file: reader.file.path, segment: number, byte: at, found: ""))
                    at += record.bytes.count
                    note(at, number)
                }
                progress(at)
            } catch let defect as Defect {
                // Behind the durable end a crash may have left anything, and a host may be writing.
                if isLast, !isDurable(offset, number) {
                    if try !RecoveredSegment.isZero(reader.file, from: offset, to: end) {
                        result.torn = "\(reader.file.path), byte \(offset): \(defect.reason)"
                    }
                    return offset
                }
                addUnplaced(LogProblem(file: reader.file.path, segment: number, byte: offset, found: ""), defect.reason)
                guard let next = try Self.nextRecord(reader.file, after: offset, end: end) else { return offset }
                reader.seek(to: next)
                note(next, number)
            }
        }
        return reader.offset
    }

    private func check(_ record: RecordView, _ place: LogProblem) throws {
        let isPositioned = record.kind?.hasPosition == true
        let index = isPositioned && record.partition < identity.partitions ? record.partition : identity.partitions
        if let defect = record.defect(partitions: identity.partitions) {
            let isPlaced =
                isPositioned
                ? record.partition < identity.partitions && record.position == trees[index].size
                : record.kind != nil && record.partition == Int(LECTERN_EVERY_PARTITION)
            guard isPlaced else { return addUnplaced(place, defect.reason) }
            add(place, in: trees[index], defect.reason)
            try trees[index].take(nil)
            return
        }
        let leaf = MerkleHash.leaf(record.bytes)
        if isPositioned {
            result.records += 1
            let expected = trees[index].size
            // Only a record that belongs where it says tells that others before it are missing.
            guard try record.position == expected || trees[index].mayHave(leaf, at: record.position) else {
                let found = "it says that it is position \(record.position) of partition \(index), and is not"
                return addUnplaced(place, found)
            }
            try bridge(index, to: record.position, place)
        }
        try take(leaf, to: index, place)
    }

    private func take(_ leaf: MerkleHash, to index: Int, _ place: LogProblem) throws {
        let tree = trees[index]
        let position = tree.size
        switch try tree.take(leaf) {
        case .expected: break
        case .erased: result.erased += 1
        case .changed:
            var place = place
            (place.partition, place.position) = (tree.tree, position)
            add(place, "this is not what was signed")
        }
    }

    /// Steps over positions of a partition that did not come.
    private func bridge(_ index: Int, to position: UInt64, _ place: LogProblem) throws {
        let tree = trees[index]
        let first = tree.size
        // A position out of all reason is damage of its own.
        guard first < position, position - first < 1 << 32 else { return }
        try tree.skip(to: position)
        if position - first <= UInt64(unplaced.count) {
            for missing in first..<position {
                let problem = unplaced.removeFirst()
                result.problems[problem].partition = tree.tree
                result.problems[problem].position = missing
            }
            return
        }
        var place = place
        (place.partition, place.position) = (tree.tree, first)
        let what = position - first == 1 ? "the record" : "\(position - first) records from here on"
        add(place, "\(what) should have come before this byte; no signed erasure or retention says why not")
    }

    private func finish(last: UInt32, end: Int, isEmpty: Bool) throws {
        let path = log.folder.segmentPath(last)
        for tree in trees where tree.size < tree.signed {
            let (first, missing) = (tree.size, tree.signed - tree.size)
            try tree.skip(to: tree.signed)
            if missing <= UInt64(unplaced.count) {
                for position in first..<tree.signed {
                    let problem = unplaced.removeFirst()
                    result.problems[problem].partition = tree.tree
                    result.problems[problem].position = position
                }
                continue
            }
            add(
                LogProblem(
                    file: path, segment: last, byte: end, partition: tree.tree, position: first,
                    found: "\(missing) \(missing == 1 ? "record" : "records") that were signed should have come before "
                        + "this byte"))
        }
        result.unsigned = trees.dropLast().reduce(0) { $0 + ($1.size - max($1.signed, $1.start)) }
        guard let durable, durable.segment > 0 else { return }
        let mark = DurableMark.path(log.folder.path)
        if durable > LogOffset(segment: last, byte: UInt32(end)) || isEmpty {
            add(path, segment: last, byte: end, "the log ends here, but was durable up to \(durable)")
        } else if !isBoundary, durable.segment >= retention?.segment ?? 1 {
            add(mark, byte: 16, "it says that the log was durable up to \(durable), where no record ends")
        }
    }

    // MARK: Places

    private func note(_ byte: Int, _ number: UInt32) {
        if let durable, durable.segment == number, Int(durable.byte) == byte { isBoundary = true }
    }

    /// Whether what begins at this byte of the last segment must be there.
    private func isDurable(_ byte: Int, _ number: UInt32) -> Bool {
        if let durable, durable > LogOffset(segment: number, byte: UInt32(byte)) { return true }
        return trees.contains { $0.size < $0.signed }
    }

    /// Where the record after a damaged one begins, as far as its lengths still tell.
    private static func nextRecord(_ file: File, after offset: Int, end: Int) throws -> Int? {
        let size = MemoryLayout<lectern_record>.size
        func header(_ offset: Int) throws -> lectern_record? {
            var header = lectern_record()
            let read = try withUnsafeMutableBytes(of: &header) { try file.read(into: $0, at: offset) }
            return read == size ? header : nil
        }
        guard let damaged = try header(offset) else { return nil }
        for length in [Int(damaged.length), Int(withUnsafePointer(to: damaged) { lectern_record_extent($0) })] {
            let next = offset + length
            guard length >= size, length % 8 == 0, next <= end else { continue }
            if next == end { return next }
            guard let following = try header(next) else { continue }
            if withUnsafePointer(to: following, { RecordView($0).hasSoundLengths }), following.length >= UInt32(size) {
                return next
            }
        }
        return nil
    }

    // MARK: Problems

    private func add(_ problem: LogProblem) { result.problems.append(problem) }

    private func addUnplaced(_ place: LogProblem, _ found: String) {
        unplaced.append(result.problems.count)
        add(place, found)
    }

    private func add(
        _ file: String, segment: UInt32? = nil, byte: Int? = nil, tree: LogTree? = nil, _ found: String
    ) {
        add(LogProblem(file: file, segment: segment, byte: byte, partition: tree, found: found))
    }

    private func add(_ place: LogProblem, _ found: String) {
        add(
            LogProblem(
                file: place.file, segment: place.segment, byte: place.byte, partition: place.partition,
                position: place.position, found: found))
    }

    /// Of the next leaf of a tree.
    private func add(_ place: LogProblem, in tree: TreeCheck, _ found: String) {
        var place = place
        (place.partition, place.position) = (tree.tree, tree.size)
        add(place, found)
    }
}
