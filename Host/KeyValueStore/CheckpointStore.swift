/// Where the checkpoints of plugins are kept.
///
/// The methods block: they are for a thread of their own, which may be any. What throws has changed nothing.
package protocol CheckpointStore: Sendable {
    /// Draws a new epoch for each of the partitions: from then on whoever has an older one is fenced. Throws `forgets` if
    /// the store can't be trusted with states.
    ///
    /// - Parameter atLeast: what must not be undercut, by partition.
    func acquire(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs

    /// Stores the checkpoints, all or nothing (in a Redis Cluster: those of each partition); on return they outlive a crash.
    /// After an error of the disk a filesystem store may still come to hold them: by its next call, or when it is opened
    /// again. Throws `fenced` if a larger epoch than a checkpoint's was drawn for its partition.
    func commit(_ checkpoints: [Checkpoint]) throws

    /// The newest checkpoint of a plugin's partition, or nil if there is none.
    func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint?

    /// What has come to a plugin's partition after what was read with this version; nil if it must be read anew. Only where
    /// another process may write is this cheaper than `restore`.
    func changes(plugin: String, partition: Int, since version: StoredVersion) throws -> StoredChanges?

    /// The same as `restore` without its states and marks.
    func head(plugin: String, partition: Int) throws -> RestoredCheckpoint?

    /// Where each plugin stands in each partition, sorted by plugin and partition.
    func plugins() throws -> [StoredPosition]

    /// Stores the checkpoints of a plugin, as `commit` does, in place of all its checkpoints and states in the partitions that `epochs`
    /// is for; in all partitions if it is for none. Throws `fenced` also if one of the epochs has been outrun.
    func replace(plugin: String, with checkpoints: [Checkpoint], as epochs: Epochs) throws
}

extension CheckpointStore {
    package func acquire(log: [UInt8], partitions: [Int]) throws -> Epochs {
        try acquire(log: log, partitions: partitions, atLeast: [:])
    }

    package func changes(plugin: String, partition: Int, since version: StoredVersion) throws -> StoredChanges? { nil }

    /// Removes all checkpoints and states of a plugin in the partitions that `epochs` is for; in all if it is for none.
    package func discard(plugin: String, as epochs: Epochs) throws { try replace(plugin: plugin, with: [], as: epochs) }
}
