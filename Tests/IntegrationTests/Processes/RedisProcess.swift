import Foundation

/// A redis-server of a test's own at a unix socket, which appends to a file.
final class RedisProcess {
    /// Of its files.
    let folder: String
    private let socket: TemporaryFolder
    private var process: ChildProcess

    init(in folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        socket = try TemporaryFolder()
        process = try Self.start(folder, socket.path)
        try waitUntilReady()
    }

    /// What a host needs to keep its states there.
    var settings: [String] { settings(of: "default") }

    /// What a host needs to have a store of this name there.
    func settings(of store: String) -> [String] { ["kvs.\(store).type=redis", "kvs.\(store).socket=\(socket.path)/s"] }

    /// What a host needs to share what it has looked up there.
    var lookupSettings: [String] {
        [
            "kvs.default.type=sqlite", "kvs.lookups.type=redis_ephemeral", "kvs.lookups.socket=\(socket.path)/s",
            "kvs.lookups.expiry=900", "kvs.lookups.timeout=500ms", "enrichment.redis=lookups",
        ]
    }

    /// The names of all that it holds.
    func keys() throws -> [String] {
        try run("redis-cli", ["-s", socket.path + "/s", "keys", "*"]).split(separator: "\n").map(String.init)
    }

    func stop() throws {
        process.send(SIGTERM)
        try process.wait()
    }

    func restart() throws {
        process = try Self.start(folder, socket.path)
        try waitUntilReady()
    }

    private static func start(_ folder: String, _ socket: String) throws -> ChildProcess {
        try ChildProcess(
            "redis-server",
            [
                "--port", "0", "--unixsocket", socket + "/s", "--dir", folder, "--save", "", "--appendonly", "yes",
            ])
    }

    private func waitUntilReady() throws {
        let isReady = try eventually(seconds: 60) {
            guard process.isRunning else { throw Failure("redis-server ended: \(process.printed)") }
            return (try? run("redis-cli", ["-s", socket.path + "/s", "ping"])) == "PONG\n"
        }
        if !isReady { throw Failure("redis-server was not ready within a minute: \(process.printed)") }
    }
}
