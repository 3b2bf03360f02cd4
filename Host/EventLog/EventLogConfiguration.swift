package import Settings

/// The settings of an embedded log, section `log`.
package struct EventLogConfiguration: Sendable {
    /// `directory`: the folder of the log; made if it is missing.
    package var directory: String
    /// `partitions`: how many a new log gets; nil: what the log has, 16 for a new one. A log's count never changes.
    package var partitions: Int?
    /// `pseudonyms`: whether a new log's records name their actors by pseudonyms, so that states and tables hold no
    /// identities; nil: as the log does, and a new one does not. A log never changes this.
    package var pseudonyms: Bool?
    /// `segment`: when a segment has this many bytes, the next one begins.
    package var segmentBytes = 256 << 20
    /// `sync`: whether a record is synced to the disk before it counts as durable. Without it a record is safe from a
    /// crash of the host, but not from one of the machine.
    package var sync = true
    /// `delay`: how long a record may wait for others to share its sync.
    package var syncDelay = Duration.microseconds(500)
    /// `direct`: whether records go to the disk past the system's cache, which costs less; where the file system can't,
    /// or without `sync`, they go through it all the same.
    package var direct = true
    /// `buffer`: bytes that may wait for the disk; `append` blocks beyond them.
    package var bufferBytes = 64 << 20
    /// `tail`: the last bytes of the log, which stay in memory for cursors; those that lag farther behind read files, or have the
    /// brokers send once more what was read: so of a log in Kafka, it is more.
    package var tailBytes = 16 << 20
    private static let kafkaTailBytes = 64 << 20
    /// `limit`: bytes that all segments together may have; beyond them the log stops as on a full disk. Nil: as the
    /// disk has.
    package var limitBytes: Int?
    /// `clients`: how many clients' highest sequence numbers are kept; beyond them, those not heard of for longest are
    /// forgotten.
    package var clients = 100_000
    /// `dead_letters`: bytes that the files of dead letters may have; beyond them the oldest file is deleted.
    package var deadLetterBytes = 256 << 20
    /// `integrity`: whether the log is made tamper-evident: Merkle trees over its records, and signed tree heads.
    package var integrity = false
    /// `tree_heads`: how long records wait for a signed head that vouches for them.
    package var treeHeads = Duration.seconds(600)

    /// `kafka`: the log is a topic of a Kafka cluster; nil: it is in `directory`, where of a log in Kafka there are only dead
    /// letters, early frames and a copy of its identity.
    package var kafka: KafkaLogConfiguration?

    /// `early`: frames that arrive before their connection has said who it is.
    package var early = EarlyFramesConfiguration()
    /// `retention`: how long segments are kept.
    package var retention = RetentionConfiguration()

    package init(directory: String) { self.directory = directory }

    /// Reads the section `log`. Mistakes are noted in the reader.
    /// - Parameter directory: the folder if the section names none.
    package init(_ reader: SettingsReader, directory: String) {
        self.directory = reader.string("directory", default: directory)
        if self.directory.isEmpty { reader.problem("directory", found: "an empty text", expected: "a folder") }
        partitions = reader.integer("partitions", default: nil, in: Self.partitionRange)
        if reader.has("pseudonyms") { pseudonyms = reader.boolean("pseudonyms", default: false) }
        segmentBytes = reader.size("segment", default: segmentBytes, in: Self.segmentRange)
        sync = reader.boolean("sync", default: sync)
        syncDelay = reader.duration("delay", default: syncDelay, in: Self.delayRange)
        direct = reader.boolean("direct", default: direct)
        bufferBytes = reader.size("buffer", default: bufferBytes, in: Self.bufferRange)
        let isTopic = reader.has("kafka")
        tailBytes = reader.size("tail", default: isTopic ? Self.kafkaTailBytes : tailBytes, in: Self.tailRange)
        if reader.has("limit") { limitBytes = reader.size("limit", default: 0, in: Self.limitRange) }
        clients = reader.integer("clients", default: clients, in: Self.clientRange)
        deadLetterBytes = reader.size("dead_letters", default: deadLetterBytes, in: Self.deadLetterRange)
        integrity = reader.boolean("integrity", default: integrity)
        treeHeads = reader.duration("tree_heads", default: treeHeads, in: Self.treeHeadRange)
        early = EarlyFramesConfiguration(reader.section("early"))
        retention = RetentionConfiguration(reader.section("retention"))
        if isTopic { readKafka(reader) }
    }

    private mutating func readKafka(_ reader: SettingsReader) {
        kafka = KafkaLogConfiguration(reader.section("kafka"))
        for (key, remedy) in [
            ("integrity", "Brokers keep their own checksums; tree heads are for logs on a disk."),
            ("tree_heads", "Tree heads are for logs on a disk."),
            ("retention", "The topic's retention.ms and retention.bytes say how long records are kept."),
            ("limit", "The topic's retention.bytes says how much is kept."),
            ("segment", "The topic's segment.bytes says it."),
            ("sync", "A record is durable when the brokers say so."),
            ("direct", "A record is durable when the brokers say so."),
        ] where reader.has(key) {
            reader.problem(key, found: "a value, and log.kafka", expected: "none with log.kafka", remedy: remedy)
        }
    }

    /// What says where the log is.
    var placeSetting: String { kafka == nil ? "log.directory" : "log.kafka.topic" }

    static let partitionRange = 1...SegmentHeader.maximumPartitions
    static let segmentRange = 1 << 12...1 << 31
    static let delayRange = Duration.zero ... .seconds(10)
    static let bufferRange = 1 << 16...1 << 36
    static let tailRange = 1 << 20...1 << 36
    static let limitRange = 1 << 12...Int.max
    static let clientRange = 1...10_000_000
    static let deadLetterRange = 1 << 16...1 << 40
    static let treeHeadRange = Duration.milliseconds(100) ... .seconds(7 * 86_400)

    /// Without a sync the system's cache is what keeps records.
    var writesDirectly: Bool { direct && sync }

    /// - Throws: `LogError` with code `settings` that names each setting out of its range.
    func validate() throws {
        var problems: [String] = []
        func check<Value>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) {
            guard !range.contains(value) else { return }
            problems.append("log.\(name): \(value) found, \(range.lowerBound) to \(range.upperBound) expected")
        }
        check("partitions", partitions ?? Self.partitionRange.lowerBound, Self.partitionRange)
        check("segment", segmentBytes, Self.segmentRange)
        check("delay", syncDelay, Self.delayRange)
        check("buffer", bufferBytes, Self.bufferRange)
        check("tail", tailBytes, Self.tailRange)
        check("limit", limitBytes ?? Self.limitRange.lowerBound, Self.limitRange)
        check("clients", clients, Self.clientRange)
        check("dead_letters", deadLetterBytes, Self.deadLetterRange)
        check("tree_heads", treeHeads, Self.treeHeadRange)
        if directory.isEmpty { problems.append("log.directory: nothing found, a folder expected") }
        if !problems.isEmpty { throw LogError(.settings, problems.joined(separator: "\n")) }
    }
}
