import Glibc
import Records

/// What opening a log's folder comes to: all that the running log begins with.
///
/// Opening makes a new log, or recovers the one that is there: the last segment may end in the middle of a record, or
/// of its head, where the machine or the process stopped. What no client was told of is cut off. All else that can't be
/// read is damage and refused.
struct LogOpening {
    let folder: LogFolder
    let identity: LogIdentity
    let durable: DurableMark
    let last: RecoveredSegment
    let segments: [DurableState.Segment]
    private(set) var recovery = LogRecovery()

    init(_ configuration: EventLogConfiguration) throws {
        try configuration.validate()
        folder = try LogFolder(configuration.directory, create: true)
        try folder.lock()
        if let topic = try LogIdentity.topic(folder) {
            throw LogError(
                .settings,
                "\(folder.path): the log of this folder is \(topic); name the host's settings, which have log.kafka, or choose "
                    + "another folder")
        }
        var numbers = try folder.segmentNumbers()
        if let stored = try LogIdentity.load(folder) {
            identity = stored
        } else {
            guard numbers.isEmpty else {
                throw LogError(
                    .corrupt, "\(folder.identityPath): missing, but there are segments; restore it from a copy")
            }
            identity = LogIdentity(
                partitions: configuration.partitions ?? LogIdentity.defaultPartitions,
                usesPseudonyms: configuration.pseudonyms ?? false)
            try identity.store(folder)
            recovery.created = true
        }
        try identity.check(configuration, of: folder.path)

        durable = try DurableMark(directory: folder.path, identity: identity)
        let known = try durable.load() ?? LogOffset(segment: 0, byte: 0)
        if let torn = try Self.removeTornSegment(&numbers, folder, identity, known) {
            recovery.truncations.append(torn)
        }
        if known.segment > numbers.last ?? 0 {
            throw LogError(
                .corrupt, "\(folder.segmentPath(known.segment)): missing, but it was durable; restore it from a copy")
        }
        if numbers.isEmpty {
            try Self.makeFirstSegment(folder, identity)
            numbers = [1]
        }
        var segments = try Self.readSegments(numbers, folder, identity)
        let (last, torn) = try Self.recover(numbers[numbers.count - 1], folder, identity, known)
        if let torn { recovery.truncations.append(torn) }
        segments[segments.count - 1].length = last.end
        self.last = last
        self.segments = segments
        recovery.segments = segments.count
        recovery.records = last.nextPositions.reduce(0, +)
        if configuration.sync { try durable.store(LogOffset(segment: last.header.number, byte: UInt32(last.end))) }
    }

    /// Removes the last segment if the log stopped before its head was whole: then nothing in it was ever durable.
    private static func removeTornSegment(
        _ numbers: inout [UInt32], _ folder: LogFolder, _ identity: LogIdentity, _ known: LogOffset
    ) throws -> LogRecovery.Truncation? {
        guard let number = numbers.last, known.segment < number else { return nil }
        let path = folder.segmentPath(number)
        let file = try File(path, O_RDONLY)
        let reason: String
        do {
            let header = try SegmentReader.header(of: file, number: number, identity: identity)
            let segment = try RecoveredSegment(file, header, identity: identity)
            guard segment.end < Int(header.headLength) else { return nil }
            reason = segment.defect?.reason ?? "the segment's head is not whole"
        } catch let defect as Defect {
            guard defect.isTorn else { throw LogError.corrupt(path, at: 0, defect.reason) }
            reason = defect.reason
        }
        guard number == 1 || numbers.count > 1 else { throw LogError.corrupt(path, at: 0, reason) }
        let size = try file.size()
        try File.remove(path)
        try folder.folder.syncAll()
        numbers.removeLast()
        return LogRecovery.Truncation(file: path, offset: 0, bytes: size, reason: reason)
    }

    private static func makeFirstSegment(_ folder: LogFolder, _ identity: LogIdentity) throws {
        let header = SegmentHeader(
            log: identity.id, number: 1, previousLength: 0,
            headLength: UInt64(SegmentHeader.length(partitions: identity.partitions)), highestSession: 0,
            created: WallClock.microseconds, basePositions: Array(repeating: 0, count: identity.partitions))
        let file = try File(folder.segmentPath(1), O_RDWR | O_CREAT | O_EXCL)
        try header.encoded.withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        try folder.folder.syncAll()
    }

    /// Reads every segment's header: together they say whether a segment is missing or has lost its end.
    private static func readSegments(
        _ numbers: [UInt32], _ folder: LogFolder, _ identity: LogIdentity
    ) throws -> [DurableState.Segment] {
        var segments: [DurableState.Segment] = []
        for number in numbers {
            let path = folder.segmentPath(number)
            if let previous = segments.last, previous.number + 1 != number {
                throw LogError(
                    .corrupt,
                    "\(folder.segmentPath(previous.number + 1)): missing between others; restore it from a copy")
            }
            let reader = try SegmentReader(path, number: number, identity: identity, chunkBytes: 0)
            if let previous = segments.last, previous.length != Int(reader.header.previousLength) {
                throw LogError.corrupt(
                    folder.segmentPath(previous.number), at: previous.length,
                    "the file ends here, byte \(reader.header.previousLength) expected")
            }
            segments.append(
                .init(number: number, basePositions: reader.header.basePositions, length: try reader.file.size()))
        }
        return segments
    }

    /// Reads the last segment, and cuts off what follows its last whole record.
    private static func recover(
        _ number: UInt32, _ folder: LogFolder, _ identity: LogIdentity, _ known: LogOffset
    ) throws -> (RecoveredSegment, LogRecovery.Truncation?) {
        let path = folder.segmentPath(number)
        let file = try File(path, O_RDWR)
        let last: RecoveredSegment
        do {
            let header = try SegmentReader.header(of: file, number: number, identity: identity)
            last = try RecoveredSegment(file, header, identity: identity)
        } catch let defect as Defect {
            throw LogError.corrupt(path, at: 0, defect.reason)
        }
        let durableLength = known.segment == number ? Int(known.byte) : Int(last.header.headLength)
        let size = try file.size()
        if last.end < durableLength || last.defect?.isTorn == false {
            throw LogError.corrupt(
                path, at: last.end, last.defect?.reason ?? "the file ends here, byte \(durableLength) expected",
                orElse: ", or remove \(DurableMark.path(folder.path)) to give up all that follows this byte")
        }
        var torn: LogRecovery.Truncation?
        if size > last.end { try file.truncate(to: last.end) }
        if let defect = last.defect {
            torn = .init(file: path, offset: last.end, bytes: size - last.end, reason: defect.reason)
        }
        // A crash of the host alone leaves records that only the system's memory holds.
        try file.sync()
        return (last, torn)
    }
}
