import KeyValueStore
import PluginHost

/// What is shown of a plugin, and how far it has come. Used by the thread of the views alone.
struct Viewed {
    /// States of a partition: all that a store holds, or what has come since.
    struct Stored {
        let blocks: [StateBlock]
        let position: TableChanges.Position
        /// The blocks are all that a store holds.
        let isWhole: Bool
        /// Nil: as before.
        let version: StoredVersion?

        init(_ checkpoint: Checkpoint) {
            blocks = checkpoint.blocks
            position = TableChanges.Position(epoch: checkpoint.epoch, position: checkpoint.position)
            isWhole = false
            version = nil
        }

        init(_ changes: StoredChanges) {
            blocks = changes.blocks
            position = TableChanges.Position(epoch: changes.epoch, position: changes.position)
            isWhole = false
            version = changes.version
        }

        /// - Parameter epoch: by which the partition is its owner's.
        init(_ restored: RestoredCheckpoint, epoch: UInt64) {
            blocks = restored.blocks
            position = TableChanges.Position(epoch: epoch, position: restored.position)
            isWhole = true
            version = restored.version
        }
    }

    var view: any PluginViewing
    /// See `TableChanges`.
    var origin = ""
    private(set) var positions: [Int: TableChanges.Position] = [:]
    /// How far others' partitions were read.
    private(set) var versions: [Int: StoredVersion] = [:]

    init(view: any PluginViewing) { self.view = view }

    mutating func apply(_ stored: Stored, partition: Int) throws {
        try view.apply(
            stored.blocks, partition: partition, position: stored.position.position, newestFirst: stored.isWhole)
        if stored.isWhole || stored.position.position >= positions[partition]?.position ?? 0 {
            positions[partition] = stored.position
        }
        if let version = stored.version { versions[partition] = version }
    }
}
