import Foundation
import Glibc
import Testing

/// Hosts of one group (`log.kafka.group`): their log is one topic of a mock cluster, their states are in one Redis.
final class Cluster {
    static let partitions = 16

    let broker: KafkaBroker
    let redis: RedisProcess
    private(set) var hosts: [HostProcess] = []
    private let folder: TemporaryFolder
    private let settings: [String]

    /// - Parameters:
    ///   - plugins: the folder that all hosts load from.
    ///   - settings: `a.b=VALUE`, of all hosts.
    init(hosts count: Int = 0, plugins: String = Installation.plugins, settings: [String] = []) throws {
        folder = try TemporaryFolder()
        broker = try KafkaBroker(topics: ["lectern"], partitions: Self.partitions)
        redis = try RedisProcess(in: "\(folder.path)/redis")
        self.settings = settings
        for _ in 0..<count { try add(plugins: plugins) }
    }

    /// What every host of the group is told, but for `settings`.
    static func settings(_ broker: KafkaBroker, _ redis: RedisProcess) -> [String] {
        redis.settings + [
            "log.kafka.brokers=[\(broker.address)]", "log.kafka.group=lectern",
            // The shortest time after which brokers take a silent host for dead.
            "log.kafka.options.session.timeout.ms=6000", "log.kafka.options.heartbeat.interval.ms=500",
            // The mock answers a fetch that finds nothing when its time is over, whatever has come meanwhile.
            "log.kafka.options.fetch.wait.max.ms=10",
            // Of a partition it gives a batch at a time, however small: what is read from its beginning takes as long as there are.
            "log.delay=50ms",
            // It keeps 5 MB of a partition.
            "log.kafka.options.compression.type=lz4", "log.buffer=2MiB", "ingest.trust=loopback",
            "reduction.checkpoint=50ms",
        ]
    }

    /// One more host, with a data folder of its own.
    @discardableResult
    func add(plugins: String = Installation.plugins) throws -> HostProcess {
        let name = "host-\(hosts.count)"
        try KnownLog.prepare(folder, below: name)
        let host = try HostProcess(
            data: "\(folder.path)/\(name)", plugins: plugins,
            settings: Self.settings(broker, redis) + settings)
        hosts.append(host)
        return host
    }

    /// Waits until these hosts own all partitions, each of them one host's, as each of them sees it.
    func waitForOwners(_ owners: [HostProcess], seconds: Double = 60) throws {
        var seen: [ClusterStatus] = []
        let isSo = try eventually(seconds: seconds) {
            seen = try owners.compactMap { try ClusterStatus(of: $0) }
            let ids = Set(seen.map(\.host))
            return seen.count == owners.count && ids.count == owners.count
                && seen.allSatisfy { $0.unowned.isEmpty && $0.owners == ids && $0.owned == Array(0..<Self.partitions) }
        }
        if !isSo {
            let complaints = owners.map(\.complained).joined(separator: "\n")
            throw Failure("within \(seconds) seconds the partitions were not these hosts': \(seen)\n\(complaints)")
        }
    }

    /// The host that owns a partition, as the first one sees it; nil: nobody.
    func owner(of partition: Int) throws -> HostProcess? {
        let id = try ClusterStatus(of: hosts[0])?.hosts.first { $0.partitions.contains(partition) }?.id
        return try hosts.first { try ClusterStatus(of: $0)?.host == id }
    }

    /// The external states of the store whose keys are of one partition, as `COMPONENT KEY STATE`, sorted.
    func storedStates() throws -> [String] {
        let options = ["--data", hosts[0].data] + redis.settings.flatMap { ["--set", $0] }
        let dump = try run(Installation.lectern, ["kvs", "dump", "External,"] + options)
        return try dump.split(separator: "\n").filter { !$0.contains(",partition:") }.map { line in
            guard
                let match = line.wholeMatch(of: /\{"key":"External,([^@]*)@[0-9]+,([^"]*)","value":(.*)\}/)
            else { throw Failure("no state: \(line)") }
            return "\(match.1) \(match.2) \(match.3)"
        }.sorted()
    }

    /// Expects of each host, and of the store, what a fold has made: every state byte by byte, every table row for row.
    func expectStatesAndTables(equal folded: Folded) throws {
        for host in hosts where host.isRunning {
            try host.expectStates(equal: folded, seconds: 60)
            try host.expectTables(equal: folded, seconds: 60)
        }
        let stored = try storedStates()
        #expect(!stored.isEmpty)
        let components = Set(stored.compactMap { $0.split(separator: " ").first.map(String.init) })
        let expected = try folded.statesByComponent().filter { components.contains($0.key) }
        #expect(stored == expected.flatMap { name, states in states.map { "\(name) \($0)" } }.sorted())
    }

    /// Ends all hosts that run, one after the other.
    func stop() throws {
        for host in hosts where host.isRunning { #expect(try host.stop() == .code(0), "\(host.complained)") }
    }
}
