import EventLog
import KeyValueStore
import PluginHost
import Records
import Reduction

/// What `lectern log info` tells of `log.retention`.
struct RetentionReport: Encodable {
    /// Segments that are going to be deleted, and their bytes.
    let removable: Int
    let bytes: Int
    /// Who still needs the first segment that is old enough; nil: nobody.
    let holder: String?

    /// Nil if the settings let nothing be deleted.
    init?(_ log: LogDirectory, _ settings: HostSettings, _ data: DataOptions) throws {
        guard !settings.log.retention.isEmpty else { return nil }
        let stores = try PluginStores(
            try data.stores(), names: settings.plugins.entries.compactMapValues(\.store))
        let none = [UInt64](repeating: 0, count: log.identity.partitions)
        var positions: [String: [UInt64]] = [:]
        for stored in try stores.plugins() where stored.log == log.identity.id && stored.partition < none.count {
            positions[stored.plugin, default: none][stored.partition] = stored.position
        }
        var holds = positions.filter { !settings.log.retention.ignored.contains($0.key) }.sorted { $0.key < $1.key }
            .map { RetentionHold(name: "plugin \($0.key)", positions: $0.value) }
        for output in settings.outputs {
            guard let positions = try Publisher.storedPositions(in: output.folder) else { continue }
            holds.append(RetentionHold(name: "output \(output.name)", positions: positions))
        }
        let plan = try LogRetention(log, settings.log.retention).plan(holds, now: WallClock.microseconds)
        removable = plan.segments
        bytes = plan.bytes
        holder = plan.holder
    }

    var text: String {
        let hindrance = holder.map { "; \($0) still needs what else is old enough" } ?? ""
        return "\(removable) segments with \(bytes) bytes can be deleted\(hindrance)"
    }
}
