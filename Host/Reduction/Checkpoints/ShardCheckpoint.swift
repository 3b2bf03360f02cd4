import KeyValueStore
import PluginHost
import Records

/// Takes checkpoints of a shard without stopping it: marks what has changed, then encodes it slice by slice between batches.
/// Not thread-safe: called on the shard's thread.
final class ShardCheckpoint {
    private let shard: Shard
    private let log: [UInt8]
    private let owned: [Int]
    private let epoch: UInt64
    private var positions: [[UInt64]] = []
    private var marks: [[[UInt8]]] = []
    private(set) var isTaking = false
    private var stored: [[UInt64]]

    /// - Parameters:
    ///   - log: the log's id.
    ///   - owned: the shard's partitions.
    init(_ shard: Shard, log: [UInt8], owned: [Int], epoch: UInt64 = 0) {
        self.shard = shard
        self.log = log
        self.owned = owned
        self.epoch = epoch
        stored = shard.plugins.map(\.positions)
    }

    /// Whether something was folded since the last checkpoint.
    var isDue: Bool { zip(shard.plugins, stored).contains { $0.positions != $1 } }

    /// Marks the position that this checkpoint will stand for. The batch must be empty.
    func begin() {
        precondition(!isTaking)
        isTaking = true
        positions = shard.plugins.map(\.positions)
        marks = shard.plugins.map { plugin in owned.map { plugin.takeMarks($0) } }
        for plugin in shard.plugins {
            for states in plugin.states { states.beginCheckpoint() }
        }
    }

    /// Encodes at most `limit` states. Returns the checkpoints, one for each plugin and partition that moved on, when all is encoded.
    func advance(_ limit: Int) -> [Checkpoint]? {
        precondition(isTaking)
        var left = limit
        for plugin in shard.plugins {
            for states in plugin.states {
                left -= states.encodeSlice(left, shard.keys.space)
                if left == 0 { return nil }
            }
        }
        isTaking = false
        defer { stored = positions }
        return shard.plugins.indices.flatMap(checkpoints)
    }

    private func checkpoints(_ index: Int) -> [Checkpoint] {
        let plugin = shard.plugins[index]
        return owned.enumerated().compactMap { place, partition in
            guard positions[index][partition] != stored[index][partition] else { return nil }
            let blocks = plugin.states.compactMap { states -> StateBlock? in
                let block = states.takeBlock(partition)
                guard block.count > 0 else { return nil }
                return StateBlock(
                    component: states.reducer.id, incarnation: states.reducer.version,
                    fields: states.reducer.key.map(\.name), spread: states.reducer.isSpread, external: false,
                    bytes: block.bytes, count: block.count)
            }
            return Checkpoint(
                log: log, plugin: plugin.plugin.id, partition: partition, position: positions[index][partition],
                epoch: epoch,
                blocks: blocks, marks: marks[index][place], summary: [])
        }
    }
}
