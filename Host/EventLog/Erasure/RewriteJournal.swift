import Glibc
import Records

/// What is to be overwritten in a segment, on the disk before the first byte of the segment is: so a crash leaves all of it
/// as it was, or all to be done when the log is next opened for this.
///
/// The file `rewriting` of the log's folder, little-endian: `u32 segment  u32 pieces`, for each `u64 offset  u64 length  bytes`,
/// and the SHA-256 of all that, in hexadecimal. Not thread-safe.
struct RewriteJournal {
    struct Piece {
        let offset: Int
        let bytes: [UInt8]
    }

    private let folder: LogFolder
    private let path: String
    private static let hashLength = 64

    init(_ folder: LogFolder) {
        self.folder = folder
        path = Self.path(folder.path)
    }

    private static func path(_ folder: String) -> String { folder + "/rewriting" }

    /// Whether something was left unfinished in the folder of a log.
    static func isThere(in folder: String) -> Bool { access(path(folder), F_OK) == 0 }

    /// Finishes what was left unfinished. Takes and gives back the log's lock.
    static func finish(in directory: String) throws {
        guard isThere(in: directory) else { return }
        let folder = try LogFolder(directory, create: false)
        try folder.lock()
        defer { folder.unlock() }
        let journal = RewriteJournal(folder)
        let bytes = try File(journal.path, O_RDONLY).contents()
        let end = bytes.count - hashLength
        let isWhole =
            end >= 8
            && bytes[..<end].withUnsafeBytes { SHA256.hexadecimal(of: $0) }.utf8.elementsEqual(bytes[end...])
        // One that is not whole was never begun with.
        if isWhole {
            var pieces: [Piece] = []
            var at = 8
            for _ in 0..<(bytes.load(4) as UInt32) {
                let offset = Int(bytes.load(at) as UInt64)
                let length = Int(bytes.load(at + 8) as UInt64)
                pieces.append(Piece(offset: offset, bytes: Array(bytes[at + 16..<at + 16 + length])))
                at += 16 + length
            }
            try journal.apply(pieces, to: bytes.load(0))
        }
        try journal.remove()
    }

    /// Overwrites the pieces of a segment, all or none.
    func write(_ pieces: [Piece], to segment: UInt32) throws {
        var bytes: [UInt8] = []
        bytes.append(segment)
        bytes.append(UInt32(pieces.count))
        for piece in pieces {
            bytes.append(UInt64(piece.offset))
            bytes.append(UInt64(piece.bytes.count))
            bytes += piece.bytes
        }
        bytes += bytes.withUnsafeBytes { Array(SHA256.hexadecimal(of: $0).utf8) }
        let file = try File(path, O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.syncAll()
        try folder.folder.syncAll()
        try apply(pieces, to: segment)
        try remove()
    }

    private func apply(_ pieces: [Piece], to segment: UInt32) throws {
        let file = try File(folder.segmentPath(segment), O_WRONLY)
        for piece in pieces { try piece.bytes.withUnsafeBytes { try file.write($0, at: piece.offset) } }
        try file.sync()
    }

    private func remove() throws {
        try File.remove(path)
        try folder.folder.syncAll()
    }
}

extension EventLog {
    /// Finishes what a process that ended while it overwrote records has left in the folder of a log. To be called before
    /// the log is opened.
    package static func finishRewriting(_ configuration: EventLogConfiguration) throws {
        try RewriteJournal.finish(in: configuration.directory)
    }
}
