import PluginHost
import Reduction
import Settings

/// All settings of a host, checked.
struct HostSettings {
    var plugins = PluginsConfiguration()
    var reduction = ReductionConfiguration()
    var partitions = 16
    var actors = ["user_id", "username", "actor"]
    var lineLimit = 4 << 20

    /// Reads every section; throws one error that lists every mistake.
    init(_ settings: Settings) throws {
        self = try settings.validate { reader in
            var host = HostSettings()
            let log = reader.section("log")
            host.partitions = log.integer("partitions", default: 16, in: 1...256)
            log.ignoreOtherKeys()
            let ingest = reader.section("ingest")
            host.actors = ingest.strings("actor", default: host.actors)
            host.lineLimit = ingest.size("frame", default: host.lineLimit, in: 1024...(1 << 26))
            ingest.ignoreOtherKeys()
            host.plugins = PluginsConfiguration(reader.section("plugins"))
            host.reduction = ReductionConfiguration(
                reduction: reader.section("reduction"), dedup: reader.section("dedup"), partitions: host.partitions)
            reader.section("kvs").ignoreOtherKeys()
            return host
        }
    }

    private init() {}

    func foldOptions(restarts: [UInt64]) -> FoldOptions {
        var options = FoldOptions()
        options.shards = reduction.shards
        options.batch = reduction.batch
        options.partitions = partitions
        options.dedup = reduction.dedup
        options.actors = actors
        options.lineLimit = lineLimit
        options.checkpointInterval = reduction.checkpoint
        options.restarts = restarts
        return options
    }
}

import KeyValueStore

extension HostSettings {
    func openStore() throws -> (any KeyValueStore)? { nil }
}
