import PluginHost
import Synchronization

/// The workers that are live, by their plugins. All members: any thread.
final class Workers: Sendable {
    private let groups = Mutex<[String: WorkerGroup]>([:])

    func set(_ live: [any ShardGroup]) {
        let workers = live.compactMap { $0 as? WorkerGroup }
        groups.withLock { $0 = Dictionary(uniqueKeysWithValues: workers.map { ($0.builds[0].id, $0) }) }
    }

    /// - Throws: `WorkerEnded` if the plugin has none.
    func group(_ plugin: String) throws -> WorkerGroup {
        guard let group = groups.withLock({ $0[plugin] }) else {
            throw WorkerEnded(call: nil, description: "\(plugin) has no worker")
        }
        return group
    }

    var troubles: [String: PluginTrouble] { groups.withLock { $0.compactMapValues(\.trouble) } }
}
