import Foundation
import KeyValueStore
import Records
import Synchronization

/// The stores that share their tests: `ValuesTests`, `DumpTests`, `CheckpointTests`, `StateKeyTests`, `EpochTests`,
/// `RestartTests` and `OutageTests` are what holds for every store.
///
/// A new store takes part by a case here: say in `open` how to open it in a folder (a second opening in the same folder
/// finds what the first has left), and leave it out of the lists below that it does not belong to. What only one store has,
/// such as files that a crash may tear, has tests of its own.
enum StoreKind: String, CaseIterable, Sendable {
    case stub, filesystem, filesystemWithSubdirs, sqlite, redis, redisCluster, redisEphemeral

    /// Those that may hold states.
    static let holdingStates = allCases.filter { $0 != .redisEphemeral }

    /// Those of them that find again what they stored.
    static let persistent = holdingStates.filter { $0 != .stub }

    /// Those of them that have a server, which may go away.
    static let onServers: [StoreKind] = [.redis]

    func open(in folder: Folder) throws -> any KeyValueStore {
        switch self {
        case .redis: try RedisStore(folder.redis().configuration)
        case .redisCluster: try RedisStore(RedisCluster.shared.configuration(prefix: folder.path))
        case .redisEphemeral:
            try {
                var configuration = try folder.redis().configuration
                configuration.expiry = 3600
                return try RedisStore(configuration)
            }()
        case .stub: StubStore()
        case .filesystem: try FilesystemStore(path: folder.path + "/store")
        case .filesystemWithSubdirs: try FilesystemStore(path: folder.path + "/store", subdirs: true)
        case .sqlite: try SQLiteStore(path: folder.path + "/store.sqlite", durable: false)
        }
    }
}

/// A temporary folder, removed at its end.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "lectern-kvs-\(UUID())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        server.withLock { $0 }?.kill()
        try? FileManager.default.removeItem(atPath: path)
    }

    private let server = Mutex<RedisServer?>(nil)

    /// A server in this folder, started by the first call.
    func redis() throws -> RedisServer {
        try server.withLock { server in
            if let server { return server }
            let started = try RedisServer(in: path + "/redis", persistence: .appendOnly)
            server = started
            return started
        }
    }
}

/// Keys that have broken other stores.
let oddKeys = [
    "", " ", ".", "..", "../x", "/", "//", "a/b", "a//b", "/a", "a/", "_a", "_a/b", "a/_b", "__", "_",
    "a,b", "a:b", "a,b:c", "%", "%2F", "%00", "%%", "\u{0}", "a\u{0}b", "\u{1}", "\n", "\u{7f}",
    "é", "e\u{301}", "😀", "👩‍👩‍👧‍👦", "漢字", "A", "a", "#", "#a", "~", "+", "*", "?", "\\", "\"", "'", "$HOME", "-", "--",
    "CON", ".json", "a.json", "a.key", "journal", "format", "null", "External", "Internal,", "Internal,x",
    "External,a.b", "External,a.b@", "External,a.b@0", "Internal,a.b@1,", "=x", "value/1",
    String(repeating: "a", count: 255), String(repeating: "😀", count: 300), String(repeating: "a/", count: 1500),
    String(repeating: "_", count: 4000), "a" + String(repeating: "/" + String(repeating: "b", count: 300), count: 3),
]

/// The same numbers in every run.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension KeyValueStore {
    /// All entries, page by page.
    func all(prefix: String = "", limit: Int = 7) async throws -> [StoreEntry] {
        var entries: [StoreEntry] = []
        var cursor: String?
        repeat {
            let page = try await scan(prefix: prefix, after: cursor, limit: limit)
            entries += page.entries
            cursor = page.next
        } while cursor != nil
        return entries
    }

    func allKeys(prefix: String = "", limit: Int = 7) async throws -> [String] {
        var keys: [String] = []
        var cursor: String?
        repeat {
            let page = try await self.keys(prefix: prefix, after: cursor, limit: limit)
            keys += page.keys
            cursor = page.next
        } while cursor != nil
        return keys
    }
}

/// A text's bytes: Swift's own comparison takes é for e and an accent.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A block of states with text keys. A nil value is a state that is gone.
func block(
    _ component: String, _ states: [(key: [KeyPart], value: [UInt8]?)], fields: [String] = ["actor"],
    spread: Bool = false, external: Bool = false, incarnation: Int = 1
) -> StateBlock {
    var block = StateBlock(
        component: component, incarnation: incarnation, fields: fields, spread: spread, external: external, bytes: [],
        count: 0)
    for (key, value) in states { block.append(key: KeyBytes.encode(key), value: value) }
    return block
}

let theLog = [UInt8](repeating: 7, count: 16)

extension CheckpointStore {
    /// As one who has drawn no epoch.
    func replace(plugin: String, with checkpoints: [Checkpoint]) throws {
        try replace(plugin: plugin, with: checkpoints, as: Epochs(log: theLog, numbers: [:]))
    }

    func discard(plugin: String) throws { try replace(plugin: plugin, with: []) }
}

func checkpoint(
    _ plugin: String = "quiz", partition: Int = 0, position: UInt64 = 1, blocks: [StateBlock] = [], marks: [UInt8] = [],
    replacesMarks: Bool = false, summary: [UInt8] = [], log: [UInt8] = theLog, epoch: UInt64 = 3
) -> Checkpoint {
    Checkpoint(
        log: log, plugin: plugin, partition: partition, position: position, epoch: epoch,
        blocks: blocks, marks: marks, replacesMarks: replacesMarks, summary: summary)
}

/// A CBOR integer.
func cbor(_ value: Int) -> [UInt8] {
    switch value {
    case 0..<24: [UInt8(value)]
    case 24..<256: [0x18, UInt8(value)]
    default: [0x1a] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
