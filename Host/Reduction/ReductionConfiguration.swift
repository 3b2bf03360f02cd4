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
    package var dedup: DedupRule?
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
        if dedup.has("field") {
            var rule = DedupRule(field: dedup.string("field"))
            rule.scope = []
            for name in dedup.strings("scope", default: ["actor", "type"]) {
                if let scope = DedupRule.Scope(rawValue: name) {
                    rule.scope.insert(scope)
                } else {
                    dedup.problem("scope", found: "“\(name)”", expected: "some of actor, type")
                }
            }
            if dedup.has("retention") {
                rule.retention = Int64(dedup.duration("retention", default: .seconds(86_400)).seconds * 1e6)
            }
            let acrossActors = dedup.boolean("acrossActors", default: false)
            if !rule.scope.contains(.actor), partitions > 1, !acrossActors {
                dedup.problem(
                    "scope", found: "a scope without actor, in \(partitions) partitions",
                    expected: "`actor` in the scope",
                    remedy: "duplicates are found within a partition: keep actor, or set log.partitions to 1, or say "
                        + "acrossActors: true if an id always comes with the same actor")
            }
            self.dedup = rule
        }
        dedup.finish()
    }
}

extension Duration {
    /// As a number of seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
