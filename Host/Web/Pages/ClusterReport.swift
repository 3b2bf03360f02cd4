/// The hosts that share a log, as the one that tells it knows them.
package struct ClusterReport: Sendable {
    /// One of them.
    package struct Host: Sendable, Codable {
        /// How far it lies behind the log, at the plugin that is behind all others.
        package struct Lag: Sendable, Codable {
            /// Records.
            package var messages: UInt64
            /// For how long the oldest of them waits.
            package var seconds: Double

            package init(messages: UInt64, seconds: Double) {
                self.messages = messages
                self.seconds = seconds
            }
        }

        /// Made anew at each start.
        package var id: String
        /// Where it listens.
        package var address: String
        /// When it was heard of last: microseconds since 1970 UTC.
        package var seen: Int64
        /// Those that it folds, in order.
        package var partitions: [Int]
        package var lag: Lag
        /// The SHA-256 of each plugin's build, by the plugin's id.
        package var builds: [String: String]
        /// Whether somebody looks at dashboards there.
        package var isWatched: Bool
        /// Why it has fewer partitions than it could have.
        package var problem: String?

        package init(
            id: String, address: String, seen: Int64, partitions: [Int], lag: Lag, builds: [String: String],
            isWatched: Bool, problem: String?
        ) {
            self.id = id
            self.address = address
            self.seen = seen
            self.partitions = partitions
            self.lag = lag
            self.builds = builds
            self.isWatched = isWatched
            self.problem = problem
        }
    }

    /// What the hosts have in common: `log.kafka.group`.
    package var group: String
    /// The id of the host that tells it.
    package var host: String
    /// All that were heard of lately, sorted by their addresses.
    package var hosts: [Host]
    /// The partitions that nobody says to have.
    package var unowned: [Int]

    package init(group: String, host: String, hosts: [Host], unowned: [Int]) {
        self.group = group
        self.host = host
        self.hosts = hosts
        self.unowned = unowned
    }
}
