import EventLog
import KeyValueStore
import PluginHost
import Synchronization

extension ReductionEngine {
    /// Calls `body` with where each plugin would go on after a crash: for each partition the position of the first record that
    /// is not in its stored states. It holds for plugins that run, 0 where nothing is stored yet, and for those that the store
    /// knows from before. No plugin is replaced meanwhile, so that nobody begins to fold from an earlier position.
    ///
    /// Blocks, for as long as a replacement takes that is going on.
    package func withStoredPositions<Result>(_ body: ([String: [UInt64]]) throws -> Result) throws -> Result {
        try replacing.withLock { _ in
            let none = [UInt64](repeating: 0, count: parts.log.identity.partitions)
            var positions = Dictionary(plugins.map { ($0.id, none) }) { first, _ in first }
            for stored in try parts.store.plugins()
            where stored.log == parts.log.identity.id && stored.partition < none.count {
                positions[stored.plugin, default: none][stored.partition] = stored.position
            }
            return try body(positions)
        }
    }
}
