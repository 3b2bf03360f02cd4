import Foundation
import KeyValueStore
import Synchronization

/// A Redis Cluster of three nodes on loopback.
final class RedisCluster: Sendable {
    let nodes: [RedisServer]
    private let folder: Folder

    /// One that tests share which change nothing of it; it ends with the process.
    static let shared: RedisCluster = { do { return try RedisCluster() } catch { fatalError("\(error)") } }()

    init() throws {
        folder = try Folder()
        var nodes: [RedisServer] = []
        while nodes.count < 3 {
            let port = RedisServer.freePort()
            let name = "\(folder.path)/\(port)"
            let more = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]
            // Another may take the port in between.
            guard let node = try? RedisServer(in: name, .port(port), persistence: .appendOnly, more: more) else {
                continue
            }
            nodes.append(node)
        }
        self.nodes = nodes
        let addresses = nodes.map { "127.0.0.1:\($0.port)" }
        try run("redis-cli", ["--cluster", "create"] + addresses + ["--cluster-yes"])
        for node in nodes {
            while try !node.client("cluster", "info").contains("cluster_state:ok") { usleep(20_000) }
        }
    }

    func configuration(prefix: String) -> RedisConfiguration {
        var configuration = RedisConfiguration(place: .cluster([.tcp(host: "127.0.0.1", port: nodes[0].port)]))
        configuration.prefix = prefix
        return configuration
    }
}

extension RedisServer {
    var port: Int {
        switch place {
        case .unixSocket: 0
        case .port(let port), .tlsPort(let port): port
        }
    }
}
