import KeyValueStore
import PluginHost
import Records

/// Takes checkpoints of a shard without stopping it: marks what has changed, then encodes it slice by slice between batches.
/// Not thread-safe: called on the shard's thread.
final class ShardCheckpoint {
    let shard: Shard
    private let log: [UInt8]
    private let owned: [Int]
    private let epochs: Epochs
    private var positions: [[UInt64]] = []
    /// By plugin and partition; none where a plugin has no windows.
    private var latest: [[Int64?]] = []
    private var marks: [[FreshMarks?]] = []
    private(set) var isTaking = false
    private var stored: [[UInt64]]

    /// - Parameters:
    ///   - log: the log's id.
    ///   - owned: the shard's partitions.
    ///   - epochs: by which the partitions are this process's; nil: nobody else can take them.
    init(_ shard: Shard, log: [UInt8], owned: [Int], epochs: Epochs? = nil) {
        self.shard = shard
        self.log = log
        self.owned = owned
        self.epochs = epochs ?? Epochs(log: log, numbers: [:])
        stored = shard.plugins.map(\.positions)
    }

    /// Whether something was folded since the last checkpoint.
    var isDue: Bool { zip(shard.plugins, stored).contains { $0.positions != $1 } }

    /// Marks the position that this checkpoint will stand for. The batch must be empty.
    func begin() {
        precondition(!isTaking)
        isTaking = true
        positions = shard.plugins.map(\.positions)
        latest = shard.plugins.map { plugin in owned.map { plugin.latest($0) } }
        marks = shard.plugins.map { plugin in owned.map { plugin.takeMarks($0) } }
        for plugin in shard.plugins {
            for states in plugin.states { states.beginCheckpoint() }
        }
    }

    /// Encodes at most `limit` states. Returns the checkpoints, one for each plugin and partition that moved on, when all is encoded.
    func advance(_ limit: Int) -> [EncodedCheckpoint]? {
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

    /// The first state that a plugin could not write, or why marks of dedup could not be read; nil: all is well. Such a checkpoint
    /// must not be committed.
    var failure: (any Error)? {
        for plugin in shard.plugins {
            if let failure = plugin.markFailure { return failure }
            for states in plugin.states {
                guard let (key, reason) = states.failure else { continue }
                return StateEncodingError(
                    plugin: plugin.plugin.id, reducer: states.reducer.id, key: keyText(key, states.reducer),
                    reason: reason)
            }
        }
        return nil
    }

    /// A key for the host's own log, which names actors by their pseudonyms alone.
    private func keyText(_ key: [UInt8], _ reducer: ReducerComponent) -> String {
        let values = key.withUnsafeBytes { KeyBytes.decode($0) } ?? []
        return StateKey.text(
            of: zip(reducer.key, values).map { part, value in
                guard part.kind == .actor else { return StateKey.Part(name: part.name, value: value) }
                let pseudonym = String(shard.pseudonym(ofActor: value.description), radix: 16)
                return StateKey.Part(name: "pseudonym", value: .text(pseudonym))
            })
    }

    private func checkpoints(_ index: Int) -> [EncodedCheckpoint] {
        let plugin = shard.plugins[index]
        return owned.enumerated().compactMap { place, partition in
            guard positions[index][partition] != stored[index][partition] else { return nil }
            let head = Checkpoint(
                log: log, plugin: plugin.plugin.id, partition: partition, position: positions[index][partition],
                epoch: epochs[partition], blocks: [], marks: [], summary: [])
            let blocks = plugin.states.compactMap { states in
                states.takeBlock(partition).map { (states.reducer.description, $0) }
            }
            return EncodedCheckpoint(
                head: head, plugin: plugin.plugin.description, latest: latest[index][place], blocks: blocks,
                marks: marks[index][place])
        }
    }
}

/// A checkpoint on its way from the shard, which is not to be held up by the copying that is left to do.
struct EncodedCheckpoint: Sendable {
    let head: Checkpoint
    let plugin: PluginDescription
    /// As of `CheckpointSummary`.
    let latest: Int64?
    let blocks: [(reducer: ReducerDescription, buffer: BlockBuffer)]
    let marks: FreshMarks?

    /// Any thread.
    ///
    /// - Throws: if a plugin wrote states that are none: they must not be stored.
    func checkpoint() throws -> Checkpoint {
        var checkpoint = head
        checkpoint.blocks = try blocks.map { reducer, buffer in
            let block = StateBlock(
                component: reducer.id, incarnation: reducer.version, fields: reducer.key.map(\.name),
                spread: reducer.isSpread, external: false, bytes: buffer.bytes, count: buffer.count)
            do { try block.check() } catch {
                throw MalformedMessage("plugin \(head.plugin) wrote \(error); nothing of it was stored")
            }
            return block
        }
        checkpoint.marks = marks?.bytes ?? []
        checkpoint.summary = CheckpointSummary(plugin, latest: latest).bytes
        return checkpoint
    }
}
