/// Where the checkpoints of plugins are kept.
///
/// The methods block: they are for a thread of their own, which may be any. What throws has changed nothing.
package protocol CheckpointStore: Sendable {
    /// Stores the checkpoints, all or nothing; on return they outlive a crash. After an error of the disk a filesystem
    /// store may still come to hold them: by its next call, or when it is opened again.
    func commit(_ checkpoints: [Checkpoint]) throws

    /// The newest checkpoint of a plugin's partition, or nil if there is none.
    func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint?

    /// Where each plugin stands in each partition, sorted by plugin and partition.
    func plugins() throws -> [StoredPosition]

    /// Stores the checkpoints of a plugin, as `commit` does, in place of all its checkpoints and states.
    func replace(plugin: String, with checkpoints: [Checkpoint]) throws
}

extension CheckpointStore {
    /// Removes all checkpoints and states of a plugin.
    package func discard(plugin: String) throws { try replace(plugin: plugin, with: []) }
}
