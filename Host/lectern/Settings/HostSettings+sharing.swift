import Archive
import Enrichment
import EventLog
import KeyValueStore
import PluginHost
import Settings
import Sinks
import Topics

extension HostSettings {
    /// Notes what does not go with a log that several hosts share: each of them folds some of its partitions.
    func checkSharing(_ reader: SettingsReader) {
        guard log.kafka?.group != nil else { return }
        let instead =
            "Give it to a host of its own with the same topic and no log.kafka.group, which folds all partitions."
        let used = Set(plugins.entries.values.map { $0.store ?? "default" } + ["default"])
        for store in stores.stores where used.contains(store.name) {
            if case .redis = store.kind { continue }
            reader.problem(
                "log.kafka.group", found: "a group, and states in the store \(store.name), which is of this host alone",
                expected:
                    "a store of type redis for the states, since the next owner of a partition goes on from there",
                remedy: "Set kvs.\(store.name).type: redis, with the same server for all hosts of the group.")
        }
        if warehouse.kind == .sqlite {
            reader.problem(
                "warehouse.type", found: "sqlite, and log.kafka.group",
                expected: "postgresql, which all hosts can write",
                remedy: "Use postgresql, with the same server for all hosts of the group.")
        }
        if archive.isEnabled {
            reader.problem("archive", found: "an archive, and log.kafka.group", expected: "none", remedy: instead)
        }
        for output in outputs where output.tables.isEmpty {
            reader.problem(
                "outputs.\(output.name)", found: "an output of events, and log.kafka.group", expected: "none",
                remedy: instead)
        }
        if !topics.topics.isEmpty {
            reader.problem(
                "topics", found: "topics to read, and log.kafka.group",
                expected: "none: each host would read all of them",
                remedy: instead)
        }
        if !enrichment.tables.isEmpty {
            reader.problem(
                "enrichment", found: "a source that is a plugin's table, and log.kafka.group", expected: "none",
                remedy: "Hosts of a group do not have all rows in time; keep what is looked up in Redis or SQL.")
        }
    }
}
