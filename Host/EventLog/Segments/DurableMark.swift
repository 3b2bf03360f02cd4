import Glibc

/// The file `durable`: how far the log is known to be durable.
///
/// A record that can't be read before this point is damage, after it a torn tail. The file is written after each sync
/// but never synced itself: after a crash of the machine it may be older than the truth, never newer.
struct DurableMark {
    private let file: File
    private let log: [UInt8]

    init(directory: String, identity: LogIdentity) throws {
        file = try File(Self.path(directory), O_RDWR | O_CREAT)
        log = identity.id
    }

    static func path(_ directory: String) -> String { directory + "/durable" }

    /// The stored place, or nil if the file is new or belongs to another log.
    func load() throws -> LogOffset? {
        let bytes = try file.contents()
        guard bytes.count == 24, bytes.starts(with: log) else { return nil }
        return LogOffset(packed: bytes.load(16))
    }

    func store(_ end: LogOffset) throws {
        let bytes = log + withUnsafeBytes(of: end.packed.littleEndian) { Array($0) }
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }
}
