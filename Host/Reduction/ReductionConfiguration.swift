import Glibc
package import PluginHost
package import Rules
package import Settings

/// The sections `reduction` and `dedup`.
package struct ReductionConfiguration: Sendable {
    /// Threads that fold, each with partitions of its own.
    package var shards = 1
    /// Events that are folded at once, at most.
    package var batch = 64
    /// From one checkpoint to the next, in seconds: what a crash makes the host fold again, at most.
    package var checkpoint = 1.0
    /// The same while somebody looks, since checkpoints are what dashboards show.
    package var refresh = 0.25
    /// A build that takes over from another is first tried on so many of the last events; 0: it is not.
    package var shadow = 1000
    /// The memory of host and workers, in bytes, that states may fill: near it those that have not been changed for longest go
    /// to a file. By default half of the machine's.
    package var memory = Self.machineMemory / 2
    package var dedup = DedupRules()
    /// What becomes of events before plugins see them.
    package var filters = FilterRules()
    /// Columns that are added to tables.
    package var tables = TablesConfiguration()

    private static var machineMemory: Int { Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))) }

    package init() {}

    package init(reduction: SettingsReader, dedup: SettingsReader, partitions: Int) {
        shards = reduction.integer("shards", default: shards, in: 1...64)
        batch = reduction.integer("batch", default: batch, in: 1...1024)
        checkpoint = reduction.duration("checkpoint", default: .seconds(1)).seconds
        refresh = reduction.duration("refresh", default: .milliseconds(250)).seconds
        shadow = reduction.integer("shadow", default: shadow, in: 0...1_000_000)
        memory = reduction.size("memory", default: memory)
        reduction.finish()
        self.dedup = DedupRules(dedup, partitions: partitions)
    }
}

extension Duration {
    /// As a number of seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
