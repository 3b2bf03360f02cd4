import EventLog
import Glibc
import Records
import Settings

/// Writes the log's events into the files of their sessions, and closes these. Used by one thread at a time.
final class ArchiveWriter {
    private struct Session {
        let record: [UInt8]
        /// When it began; microseconds since 1970 UTC.
        let begun: Int64
    }

    private let configuration: ArchiveConfiguration
    private let folder: ArchiveFolder
    /// In hexadecimal.
    private let log: String
    /// For each partition the position of the next record to take.
    private(set) var positions: [UInt64]
    /// What was stored last.
    private(set) var place: ArchivePlace

    private var sessions: [UInt32: Session] = [:]
    /// The sessions that the head of a segment repeats, while it is being read.
    private var head: Set<UInt32>?
    private var hasBegun = false
    private var parts: [UInt32: OpenPart] = [:]
    /// Closed, with nothing pending, and not compressed yet.
    private var closed: [ArchivePlace.OpenFile] = []
    private var files: OpenFiles
    /// Written since the last wait for the disk.
    private var dirty: [ArchivedFile] = []
    private(set) var pendingBytes = 0
    /// When the chunk came that is being taken; microseconds of `MonotonicClock`.
    private var now = MonotonicClock.microseconds
    /// So many bytes of one file are written at once, from a buffer that is used again.
    private static let fullBuffer = 64 << 10
    private(set) var lines: UInt64 = 0

    /// Opens the archive, or makes it, and cuts off what is not certain to be there once.
    ///
    /// - Parameter report: told of files that are not as the archive has left them.
    /// - Throws: `LogError`.
    init(_ log: EventLog, _ configuration: ArchiveConfiguration, report: (String) -> Void) throws {
        self.configuration = configuration
        self.log = SHA256.hexadecimal(log.identity.id)
        folder = ArchiveFolder(configuration.directory)
        files = OpenFiles(limit: configuration.openFiles)
        try File.makeFolder("\(folder.path)/\(ArchivedFile.openFolder)")
        let first = log.firstPositions, next = log.nextPositions
        if let place = try ArchivePlace.load(folder.path) {
            guard place.log == self.log, place.positions.count == next.count else {
                throw LogError(
                    .settings,
                    "\(folder.path): this is the archive of another log; choose another archive.directory, or move it away"
                )
            }
            guard zip(place.positions, next).allSatisfy({ $0 <= $1 }) else {
                throw LogError(
                    .corrupt,
                    "\(folder.path): the archive has records that the log no longer has; the log was put back to an older "
                        + "copy. Put the archive back, too, or move it away")
            }
            self.place = place
            positions = zip(place.positions, first).map { max($0, $1) }
            let missed = zip(positions, place.positions).reduce(UInt64(0)) { $0 + ($1.0 - $1.1) }
            if missed > 0 {
                report(
                    "\(folder.path): \(missed) records were deleted from the log before the archive had them; it goes on "
                        + "with the first that is kept")
            }
        } else {
            guard try folder.files().isEmpty else {
                throw LogError(
                    .corrupt,
                    "\(ArchivePlace.path(folder.path)): missing, but there are files; restore it, or move \(folder.path) away"
                )
            }
            positions = first
            place = ArchivePlace(log: self.log, positions: first, files: [])
        }
        try recover(report)
    }

    /// Brings the open files back to what the place says of them.
    private func recover(_ report: (String) -> Void) throws {
        var known: Set<String> = []
        let now = MonotonicClock.microseconds
        for open in place.files {
            let path = folder.path(of: open.file, isOpen: true)
            known.insert(open.file.openPath)
            guard access(path, F_OK) == 0 else {
                // A closed one was compressed after the place was stored.
                if !open.isClosed { report("\(path): missing; what it held up to here is gone") }
                continue
            }
            let file = try File(path, O_RDWR)
            let size = try file.size()
            if size > open.bytes { try file.truncate(to: open.bytes) }
            if size < open.bytes {
                report("\(path): has \(size) bytes, \(open.bytes) expected; what is missing is gone")
            }
            if open.isClosed || size < open.bytes {
                closed.append(open)
            } else {
                parts[open.session] = OpenPart(open.file, written: open.bytes, last: open.last, touched: now)
            }
        }
        for name in try File.names(in: "\(folder.path)/\(ArchivedFile.openFolder)") {
            let path = "\(ArchivedFile.openFolder)/\(name)"
            if !known.contains(path) { try File.remove("\(folder.path)/\(path)") }
        }
    }

    /// Sessions whose files are open.
    var openSessions: [UInt32] { Array(parts.keys) }

    // MARK: Taking records

    func add(_ chunk: LogChunk) throws {
        now = MonotonicClock.microseconds
        if chunk.beginsSegment { head = [] }
        for index in 0..<chunk.count { try add(chunk[index]) }
        if pendingBytes > configuration.bufferBytes { try writePending() }
    }

    private func add(_ record: RecordView) throws {
        if head != nil {
            if record.kind == .session && record.isRepeated {
                head?.insert(record.session)
            } else {
                try endHead()
            }
        }
        switch record.kind {
        case .session:
            let payload = record.payload
            if let known = sessions[record.session], !known.record.elementsEqual(payload) {
                // What its events share has changed.
                try close(record.session)
            }
            sessions[record.session] = Session(record: Array(payload), begun: record.received)
        case .event:
            positions[record.partition] = record.position + 1
            try append(record)
        case .control, .tombstone:
            positions[record.partition] = record.position + 1
        case .mark, nil: break
        }
    }

    /// At the end of a segment's head: sessions that it does not repeat are over.
    private func endHead() throws {
        defer { head = nil }
        guard let head else { return }
        // The first segment is read from its head again, for the sessions' records: what began in it is known from there.
        guard hasBegun else {
            hasBegun = true
            return
        }
        for session in parts.keys where !head.contains(session) { try close(session) }
        for session in sessions.keys where !head.contains(session) { sessions[session] = nil }
    }

    private func append(_ record: RecordView) throws {
        let part = try parts[record.session] ?? begin(record)
        let before = part.pending.count
        part.pending.appendLine(record.payload)
        part.pending.append("\n")
        pendingBytes += part.pending.count - before
        lines += 1
        part.last = record.received
        part.touched = now
        if part.bytes >= configuration.partBytes {
            try close(record.session)
        } else if part.pending.count >= Self.fullBuffer {
            try write(part)
        }
    }

    private func begin(_ record: RecordView) throws -> OpenPart {
        let session = sessions[record.session]
        let begun = session?.begun ?? record.received
        let file = nextPart(of: record.session, begun: begun)
        let part = OpenPart(file, written: 0, last: record.received, touched: now)
        SessionLine.append(file, log: log, begun: begun, record: session?.record, to: &part.pending)
        pendingBytes += part.pending.count
        parts[record.session] = part
        return part
    }

    /// The first part of the session that is not there yet, and is not about to be.
    private func nextPart(of session: UInt32, begun: Int64) -> ArchivedFile {
        var text = Bytes()
        text.appendJSON(microseconds: begun)
        let day = String(text.string.dropFirst().prefix("2026-11-21".count))
        var part = 1
        while true {
            let file = ArchivedFile(day: day, session: session, part: part)
            if access(folder.path(of: file, isOpen: true), F_OK) != 0,
                access(folder.path(of: file, isOpen: false), F_OK) != 0
            {
                return file
            }
            part += 1
        }
    }

    // MARK: Closing

    /// Closes the files of sessions that are over, or from which nothing has come for long.
    func close(ended: [UInt32]) throws {
        for session in ended {
            try close(session)
            sessions[session] = nil
        }
        let idle = MonotonicClock.microseconds - configuration.idle.microseconds
        for (session, part) in parts where part.touched < idle { try close(session) }
    }

    private func close(_ session: UInt32) throws {
        guard let part = parts.removeValue(forKey: session) else { return }
        try write(part)
        files.close(part.file)
        closed.append(part.placed(isClosed: true))
    }

    private func write(_ part: OpenPart) throws {
        guard part.pending.count > 0 else { return }
        let file = try files.file(part.file, at: folder.path(of: part.file, isOpen: true))
        try file.write(part.pending.contents, at: part.written)
        part.written += part.pending.count
        pendingBytes -= part.pending.count
        // Empty buffers have their share of the memory, too: those of many sessions are not kept, nor what one long line needed.
        if part.pending.count > 2 * Self.fullBuffer || parts.count * Self.fullBuffer > configuration.bufferBytes {
            part.pending = Bytes()
        } else {
            part.pending.truncate()
        }
        if !part.isDirty {
            part.isDirty = true
            dirty.append(part.file)
        }
    }

    private func writePending() throws {
        for part in parts.values { try write(part) }
    }

    // MARK: Storing

    /// Files that are synced one by one rather than with all that the file system has to write.
    private static let fewFiles = 16

    /// Makes all that was taken durable, and stores how far that is. Returns false if nothing has changed.
    @discardableResult
    func store() throws -> Bool {
        try writePending()
        var place = ArchivePlace(log: log, positions: positions, files: closed)
        place.files += parts.values.map { $0.placed(isClosed: false) }.sorted { $0.file < $1.file }
        guard place != self.place else { return false }
        if dirty.count > Self.fewFiles {
            try folder.sync()
        } else {
            for file in dirty { try File(folder.path(of: file, isOpen: true), O_RDONLY).syncAll() }
            try File("\(folder.path)/\(ArchivedFile.openFolder)", O_RDONLY | O_DIRECTORY).syncAll()
        }
        dirty.removeAll(keepingCapacity: true)
        for part in parts.values { part.isDirty = false }
        try place.store(folder.path)
        self.place = place
        return true
    }

    /// Compresses at most so many of the files that were closed before the place was stored. Returns whether some are left.
    func compress(limit: Int) throws -> Bool {
        let files = Array(closed.prefix(limit))
        try folder.compress(files, level: configuration.level)
        closed.removeFirst(files.count)
        return !closed.isEmpty
    }
}
