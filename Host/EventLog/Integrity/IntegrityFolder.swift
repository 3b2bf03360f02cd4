import FoundationEssentials
import Glibc
import Records

/// The folder `integrity` of a log:
///
///     key.pem            the private key, for the host's user alone
///     public.pem         the public key
///     heads.jsonl        signed tree heads, in order
///     retentions.jsonl   signed: which segments were deleted on purpose
///     erasures.jsonl     signed: which records were overwritten on purpose
///     partition-N.tree   the hashes of each partition's tree
///     shared.tree        those of the shared one
///     progress.json      how far all this has come
struct IntegrityFolder: Sendable {
    let path: String
    /// The log's id, in hexadecimal.
    let log: String
    let partitions: Int

    init(_ folder: LogFolder, _ identity: LogIdentity) {
        path = folder.path + "/integrity"
        log = SHA256.hexadecimal(identity.id)
        partitions = identity.partitions
    }

    var keyPath: String { path + "/key.pem" }
    var publicKeyPath: String { path + "/public.pem" }
    var headsPath: String { path + "/heads.jsonl" }
    var retentionsPath: String { path + "/retentions.jsonl" }
    var erasuresPath: String { path + "/erasures.jsonl" }
    var progressPath: String { path + "/progress.json" }

    var trees: [LogTree] { (0...partitions).map { LogTree(index: $0, partitions: partitions) } }

    func treePath(_ tree: LogTree) -> String {
        switch tree {
        case .partition(let number): path + "/partition-\(number).tree"
        case .shared: path + "/shared.tree"
        }
    }

    /// Whether a host has ever signed this log.
    var isThere: Bool { access(publicKeyPath, F_OK) == 0 || access(headsPath, F_OK) == 0 }

    // MARK: Keys

    /// The log's key; a new one in a folder that has none.
    func openKey() throws -> SigningKey {
        try LogFolder.make(path)
        if !isThere, access(keyPath, F_OK) != 0 {
            let key = SigningKey()
            try store(keyPath, Array(key.pem.utf8))
            try store(publicKeyPath, Array(key.publicKey.pem.utf8), mode: 0o644)
            return key
        }
        let key = try SigningKey(path: keyPath)
        if access(publicKeyPath, F_OK) != 0 { try store(publicKeyPath, Array(key.publicKey.pem.utf8), mode: 0o644) }
        guard try PublicKey(path: publicKeyPath) == key.publicKey else {
            throw LogError(
                .corrupt, "\(publicKeyPath): this is not the public key of \(keyPath); restore both from a copy")
        }
        return key
    }

    // MARK: Statements

    /// Gives every line of a file of statements and the byte at which it begins; what follows the last line break is
    /// left out: a crash has torn it. No file, no lines.
    static func lines(of path: String, from start: Int = 0, _ body: (ArraySlice<UInt8>, Int) throws -> Void) throws {
        guard access(path, F_OK) == 0 else { return }
        let bytes = try File(path, O_RDONLY).contents()
        var next = min(start, bytes.count)
        while let end = bytes[next...].firstIndex(of: 10) {
            try body(bytes[next..<end], next)
            next = end + 1
        }
    }

    /// Every statement of a file.
    /// - Throws: `corrupt` with the place of one that the log's key has not signed.
    func statements<Content: Statement>(
        _ type: Content.Type, in path: String, from start: Int = 0, key: PublicKey
    ) throws -> [Content] {
        var found: [Content] = []
        try Self.lines(of: path, from: start) { line, offset in
            do {
                found.append(try Signed<Content>(line: line, log: log, key: key).statement)
            } catch let defect as Defect {
                throw LogError.corrupt(path, at: offset, defect.reason)
            }
        }
        return found
    }

    /// The stored progress, or nil if there is none that the log's key has signed.
    func progress(key: PublicKey) throws -> Progress? {
        guard access(progressPath, F_OK) == 0 else { return nil }
        let line = try File(progressPath, O_RDONLY).contents().dropLast()
        return try? Signed<Progress>(line: line, log: log, key: key).statement
    }

    /// Adds lines to a file of statements, durably.
    /// - Returns: the file's length.
    @discardableResult
    func append(_ lines: Data, to path: String) throws -> Int {
        let isNew = access(path, F_OK) != 0
        let file = try File(path, O_RDWR | O_CREAT, mode: 0o644)
        let end = try Self.endOfLines(file)
        try lines.withUnsafeBytes { try file.write($0, at: end) }
        try file.truncate(to: end + lines.count)
        try file.syncAll()
        if isNew { try File(self.path, O_RDONLY | O_DIRECTORY).syncAll() }
        return end + lines.count
    }

    /// Where a file's last whole line ends.
    private static func endOfLines(_ file: File) throws -> Int {
        var end = try file.size()
        var byte: [UInt8] = [0]
        while end > 0 {
            _ = try byte.withUnsafeMutableBytes { try file.read(into: $0, at: end - 1) }
            if byte[0] == 10 { break }
            end -= 1
        }
        return end
    }

    /// Stores a file, whole or not at all.
    func store(
        _ path: String, _ bytes: some Collection<UInt8>, mode: mode_t = 0o600, in folder: String? = nil
    ) throws {
        let temporary = path + ".new"
        let file = try File(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try Array(bytes).withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        if rename(temporary, path) != 0 { throw LogError.disk("rename", temporary) }
        try File(folder ?? self.path, O_RDONLY | O_DIRECTORY).syncAll()
    }
}
