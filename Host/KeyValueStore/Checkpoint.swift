/// One plugin's states in one partition as of one position: what has changed since its checkpoint before.
package struct Checkpoint: Sendable {
    /// The id of the log that was folded: 16 bytes.
    package var log: [UInt8]
    package var plugin: String
    package var partition: Int
    /// Records folded so far: the position of the next one.
    package var position: UInt64
    package var epoch: UInt64
    package var blocks: [StateBlock]
    /// What to add to the stored marks. Its content is the caller's business.
    package var marks: [UInt8]
    /// Drops the stored marks before `marks` is added, so that a caller can keep them from growing for ever.
    package var replacesMarks: Bool
    /// Replaces the stored summary. Its content is the caller's business.
    package var summary: [UInt8]

    package init(
        log: [UInt8], plugin: String, partition: Int, position: UInt64, epoch: UInt64, blocks: [StateBlock],
        marks: [UInt8], replacesMarks: Bool = false, summary: [UInt8]
    ) {
        self.log = log
        self.plugin = plugin
        self.partition = partition
        self.position = position
        self.epoch = epoch
        self.blocks = blocks
        self.marks = marks
        self.replacesMarks = replacesMarks
        self.summary = summary
    }
}

/// States of one component, one after the other: the unit in which checkpoints are made and stored.
package struct StateBlock: Sendable, Equatable {
    /// The component's id.
    package var component: String
    /// Which rebuild of the component's states these belong to; from 1.
    package var incarnation: Int
    /// The names of the key's parts, in the key's order.
    package var fields: [String]
    /// Each partition holds a part of every state, so that a state's stored key names the partition too.
    package var spread: Bool
    /// The values are external states, in JSON; otherwise they are internal ones, in CBOR.
    package var external: Bool
    /// For each state: the length of its key and of its value (`StateBlock.deleted` if the state is gone), both as 32
    /// bits, little-endian; the key, a CBOR array of its parts; the value. A key occurs once in a block.
    package var bytes: [UInt8]
    /// How many states.
    package var count: Int

    /// The length that stands for a state that is gone.
    package static let deleted: UInt32 = 0xffff_ffff

    package init(
        component: String, incarnation: Int, fields: [String], spread: Bool, external: Bool, bytes: [UInt8], count: Int
    ) {
        self.component = component
        self.incarnation = incarnation
        self.fields = fields
        self.spread = spread
        self.external = external
        self.bytes = bytes
        self.count = count
    }
}

/// What a store holds of one plugin in one partition.
package struct RestoredCheckpoint: Sendable, Equatable {
    package var log: [UInt8]
    package var position: UInt64
    package var epoch: UInt64
    package var summary: [UInt8]
    /// The marks of the checkpoints, in order; empty ones are left out.
    package var marks: [[UInt8]]
    /// The newest first: where a key occurs several times in blocks of the same component, incarnation and kind, the
    /// first counts. Not cut as they were committed.
    package var blocks: [StateBlock]
    /// Where it ends, for `CheckpointStore.changes`; nil if the store knows no changes.
    package var version: StoredVersion?

    package init(
        log: [UInt8], position: UInt64, epoch: UInt64, summary: [UInt8], marks: [[UInt8]], blocks: [StateBlock],
        version: StoredVersion? = nil
    ) {
        self.log = log
        self.position = position
        self.epoch = epoch
        self.summary = summary
        self.marks = marks
        self.blocks = blocks
        self.version = version
    }
}

/// Where what was read of a plugin's partition ends. Its content is the store's business.
package struct StoredVersion: Sendable, Equatable {
    package let life: UInt64
    package let end: UInt64

    package init(life: UInt64, end: UInt64) {
        self.life = life
        self.end = end
    }
}

/// What has come to a plugin's partition in a store.
package struct StoredChanges: Sendable {
    package var position: UInt64
    package var epoch: UInt64
    package var version: StoredVersion
    /// In the order in which they came: where a key occurs several times, the last counts.
    package var blocks: [StateBlock]
}

/// How far a plugin's stored states of one partition have come.
package struct StoredPosition: Sendable, Equatable {
    package var plugin: String
    package var partition: Int
    /// As in `Checkpoint`.
    package var position: UInt64
    package var epoch: UInt64
    package var log: [UInt8]
}
