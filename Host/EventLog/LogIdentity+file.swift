import FoundationEssentials
import Glibc
import Records

/// `log.json`, readable by the host's user alone, since it holds the key of the pseudonyms:
///
///     {"format":1,"id":"<hex>","partitions":16,"partition_function":"murmur2","siphash_key":"<hex>",
///      "created":<microseconds>}
///
/// and `"pseudonyms":true` where records name their actors by pseudonyms, `"topic":"…"` where the log is a topic.
extension LogIdentity {
    private struct Stored: Codable {
        var format: Int
        var id: String
        var partitions: Int
        var partition_function: String
        var siphash_key: String
        var created: Int64
        var pseudonyms: Bool?
        var topic: String?
    }

    /// The topic that a folder's log is; nil: it is in segments there.
    static func topic(_ folder: LogFolder) throws -> String? {
        guard access(folder.identityPath, F_OK) == 0 else { return nil }
        let bytes = try File(folder.identityPath, O_RDONLY).contents()
        return (try? JSONDecoder().decode(Stored.self, from: Data(bytes)))?.topic
    }

    /// The identity of the log in a folder, or nil if there is none yet.
    static func load(_ folder: LogFolder) throws -> LogIdentity? {
        guard access(folder.identityPath, F_OK) == 0 else { return nil }
        let bytes = try File(folder.identityPath, O_RDONLY).contents()
        return try LogIdentity(bytes, of: folder.identityPath)
    }

    /// - Parameter path: what messages call it.
    init(_ bytes: [UInt8], of path: String) throws {
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
            let id = Self.decode(hexadecimal: stored.id), let key = Self.decode(hexadecimal: stored.siphash_key)
        else { throw LogError(.corrupt, "\(path): this is not the description of a log; restore it from a copy") }
        guard stored.format == 1, stored.partition_function == "murmur2" else {
            throw LogError(
                .corrupt,
                "\(path): format \(stored.format) with partition function \(stored.partition_function) found; "
                    + "this build reads format 1 with murmur2")
        }
        guard 1...SegmentHeader.maximumPartitions ~= stored.partitions else {
            throw LogError(
                .corrupt, "\(path): \(stored.partitions) partitions found, 1 to 1024 expected; restore it from a copy")
        }
        self.init(
            id: id, partitions: stored.partitions, sipHashKey: key, created: stored.created,
            usesPseudonyms: stored.pseudonyms ?? false)
    }

    /// One line of JSON.
    func encoded(topic: String? = nil) throws -> [UInt8] {
        let stored = Stored(
            format: 1, id: SHA256.hexadecimal(id), partitions: partitions, partition_function: "murmur2",
            siphash_key: SHA256.hexadecimal(sipHashKey), created: created,
            pseudonyms: usesPseudonyms ? true : nil, topic: topic)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try Array(encoder.encode(stored)) + [10]
    }

    /// Stores the identity, whole or not at all.
    /// - Parameter topic: what the log is; nil: it is in segments in the folder.
    func store(_ folder: LogFolder, topic: String? = nil) throws {
        let temporary = folder.identityPath + ".new"
        let file = try File(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try encoded(topic: topic).withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        if rename(temporary, folder.identityPath) != 0 { throw LogError.disk("rename", temporary) }
        try folder.folder.syncAll()
    }

    private static func decode(hexadecimal text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 32, text.utf8.count == 32 else { return nil }
        return stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
