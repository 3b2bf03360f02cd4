/// The settings of an embedded log, section `log:`.
package struct EventLogConfiguration: Sendable {
    /// The folder of the log; made if it is missing.
    package var directory: String
    /// How many partitions a new log gets, 1...1024; nil: what the log has, 16 for a new one. A log's count never changes.
    package var partitions: Int?
    /// When a segment has this many bytes, the next one begins.
    package var segmentBytes = 256 << 20
    /// How long a record may wait for others to share its sync.
    package var syncDelay = Duration.milliseconds(2)
    /// Bytes that may wait for the disk; `append` blocks beyond them.
    package var bufferBytes = 64 << 20
    /// Whether a record is synced to the disk before it counts as durable. Without it a record is safe from a crash of the
    /// host, but not from one of the machine.
    package var sync = true
    /// Whether records go to the disk past the system's cache, which costs less; where the file system can't, or without
    /// `sync`, they go through it all the same.
    package var direct = true
    /// The last bytes of the log that stay in memory, for cursors; those that lag farther behind read files.
    package var tailBytes = 16 << 20
    /// Bytes that all segments together may hold; beyond them the log stops as on a full disk. Nil: as the disk has.
    package var limitBytes: Int?
    /// Clients whose highest sequence number is kept; beyond them, those not heard of for longest are forgotten.
    package var clients = 100_000
    /// The files of dead letters together; beyond it the oldest file is deleted.
    package var deadLetterBytes = 256 << 20

    package init(directory: String) { self.directory = directory }
}
