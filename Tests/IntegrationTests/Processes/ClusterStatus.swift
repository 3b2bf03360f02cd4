import Foundation

/// What a host tells of its group: `/api/v1/cluster`.
struct ClusterStatus: Decodable {
    struct Host: Decodable {
        struct Lag: Decodable {
            var messages: Int
            var seconds: Double
        }

        var id: String
        var address: String
        var partitions: [Int]
        var lag: Lag?
        /// The SHA-256 of each plugin.
        var builds: [String: String]
    }

    var group: String
    /// Who says this.
    var host: String
    var hosts: [Host]
    var unowned: [Int]

    /// - Returns: nil if it does not answer.
    init?(of host: HostProcess) throws {
        let answer = try host.request("/api/v1/cluster")
        guard answer.status == 200 else { return nil }
        self = try JSONDecoder().decode(ClusterStatus.self, from: Data(answer.body.utf8))
    }

    /// The hosts that own partitions.
    var owners: Set<String> { Set(hosts.filter { !$0.partitions.isEmpty }.map(\.id)) }
    /// All partitions that hosts own, as often as they do.
    var owned: [Int] { hosts.flatMap(\.partitions).sorted() }
    /// Of the host that says this.
    var own: Host? { hosts.first { $0.id == host } }
}
