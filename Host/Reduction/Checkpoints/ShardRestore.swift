import CPluginAPI
import KeyValueStore
import PluginHost
import Records

/// A stored checkpoint that a plugin can't go on from.
package struct RestoreError: Error, CustomStringConvertible {
    package let plugin: String
    package let partition: Int
    package let reason: String

    static let otherLog =
        "is of another log; give this log a store of its own (setting kvs), or clear the store"

    package var description: String { "the checkpoint of plugin \(plugin), partition \(partition): \(reason)" }
}

extension Shard {
    /// Puts back the last checkpoints of the partitions, before anything is folded.
    ///
    /// - Parameters:
    ///   - stored: what there is; it must be of the same log and of builds whose reducers are the same.
    ///   - afterEach: called after each partition of a plugin.
    func restore(
        _ partitions: [Int], stored: (_ plugin: String, _ partition: Int) throws -> RestoredCheckpoint?,
        afterEach: () throws -> Void = {}
    ) throws {
        for plugin in plugins {
            for partition in partitions {
                guard let stored = try stored(plugin.plugin.id, partition) else { continue }
                try restore(plugin, partition, stored)
                try afterEach()
            }
        }
    }

    private func restore(_ plugin: PluginFold, _ partition: Int, _ stored: RestoredCheckpoint) throws {
        plugin.restore(
            position: stored.position, marks: stored.marks, latest: CheckpointSummary(stored.summary)?.latest,
            partition: partition)
        /// Keys whose last word is that they are gone, by reducer.
        var gone: [String: Set<[UInt8]>] = [:]
        for block in stored.blocks where !block.external {
            guard
                let states = plugin.states.first(where: {
                    $0.reducer.id == block.component && $0.reducer.version == block.incarnation
                })
            else { continue }
            try block.forEachEntry { key, value in
                guard let value else {
                    gone[block.component, default: []].insert(Array(key))
                    return
                }
                if gone[block.component]?.contains(Array(key)) == true { return }
                guard let packed = states.reducer.packedKey(key, &keys.space),
                    states.restore(key: packed, partition: partition, bytes: value, keys.space)
                else {
                    throw RestoreError(
                        plugin: plugin.plugin.id, partition: partition,
                        reason:
                            "holds a state of \(block.component) that this build can't read"
                            + (plugin.plugin.takeReason().map { " (\($0))" } ?? "")
                            + "; if its form has changed, the reducer needs a new version")
                }
            }
        }
    }
}

extension StateBlock {
    /// Calls with each key and value; the value is nil where the key was deleted.
    func forEachEntry(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws -> Void) rethrows {
        try bytes.withUnsafeBytes { try Self.forEachEntry(of: $0, body) }
    }

    /// The same of a block's bytes.
    static func forEachEntry(
        of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws -> Void
    ) rethrows {
        var at = 0
        while bytes.count - at >= 8 {
            let keyLength = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let valueLength = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
            let key = UnsafeRawBufferPointer(rebasing: bytes[at + 8..<at + 8 + keyLength])
            at += 8 + keyLength
            guard valueLength != .max else {
                try body(key, nil)
                continue
            }
            try body(key, UnsafeRawBufferPointer(rebasing: bytes[at..<at + Int(valueLength)]))
            at += Int(valueLength)
        }
    }
}
