import Kafka
import Records

/// What opening a log that is a topic comes to: all that the running log begins with.
struct TopicOpening {
    let topic: LogTopic
    let folder: LogFolder
    let identity: LogIdentity
    /// The first and the next position of each partition.
    let ends: [Range<UInt64>]
    /// Where the log's end begins to be read, in each partition.
    let starts: [LogTopic.Start]
    /// The partitions that this host has from the start: all, or none where a group says which.
    let partitions: Set<Int>
    private(set) var recovery = LogRecovery()

    /// - Parameter keys: of the students, if what they send is to be sealed.
    init(
        _ configuration: EventLogConfiguration, _ kafka: KafkaLogConfiguration, keys: (any StudentKeyStore)?
    ) throws {
        try configuration.validate()
        precondition(kafka.sealing == nil || keys != nil, "what seals has keys")
        var topic = LogTopic(configuration: kafka)
        folder = try LogFolder(configuration.directory, create: true)
        try folder.lock()
        guard try folder.segmentNumbers().isEmpty else {
            throw LogError(
                .settings,
                "\(folder.path): a log in this folder found, and log.kafka; choose another folder of data, or remove log.kafka"
            )
        }
        let consumer = try topic.consumer()
        let count = try topic.partitions(consumer)
        var ends = try topic.ends(consumer, partitions: count)
        var identity = try topic.identity(consumer, ends[0])
        if identity == nil, ends.allSatisfy({ $0.upperBound == 0 }) {
            let new = LogIdentity(partitions: count, usesPseudonyms: configuration.pseudonyms ?? false)
            try Self.write(try LogIdentity.load(folder) ?? new, to: topic)
            recovery.created = true
            ends = try topic.ends(consumer, partitions: count)
            // Of two hosts that begin at once, the first to write wins.
            identity = try topic.identity(consumer, ends[0])
        }
        self.identity = try Self.agreed(identity, try LogIdentity.load(folder), topic, folder)
        guard self.identity.partitions == count else {
            throw LogError(
                .settings,
                "\(kafka.name): \(count) partitions found, but the log was created with \(self.identity.partitions), for "
                    + "good: actors' records would go to others. Make a new topic, and `lectern replay` into it")
        }
        try self.identity.check(configuration, of: kafka.name)
        try self.identity.store(folder, topic: kafka.place)
        try topic.use(keys, self.identity)
        self.topic = topic
        self.ends = ends
        partitions = kafka.group == nil ? Set(0..<count) : []
        starts = try ends.enumerated().map { [topic, partitions] partition, ends in
            guard partitions.contains(partition) else {
                return LogTopic.Start(start: ends.upperBound, sequences: ClientSequences())
            }
            return try topic.beginning(consumer, partition, of: ends.upperBound, ends: ends)
        }
        recovery.records = ends.reduce(0) { $0 + $1.upperBound }
    }

    private static func agreed(
        _ found: LogIdentity?, _ stored: LogIdentity?, _ topic: LogTopic, _ folder: LogFolder
    ) throws -> LogIdentity {
        switch (found, stored) {
        case (let found?, let stored?):
            guard found.id == stored.id else {
                throw LogError(
                    .settings,
                    "\(topic.configuration.name): this is another log than that of \(folder.path), whose states would be mixed "
                        + "up with it; choose another folder of data (--data), or another log.kafka.topic")
            }
            return found
        case (let found?, nil): return found
        case (nil, let stored?): return stored
        case (nil, nil):
            throw LogError(
                .settings,
                "\(topic.configuration.name): retention has deleted what says which log this is; copy "
                    + "\(folder.identityPath) from a host that had it open")
        }
    }

    private static func write(_ identity: LogIdentity, to topic: LogTopic) throws {
        let notes = TopicNotes()
        notes.add(TopicNotes.Note(kind: .identity, partition: 0, body: try identity.encoded()))
        let state = DurableState(
            end: LogOffset(segment: 1, byte: 0), nextPositions: [], segments: [], marks: ClientMarks(key: []),
            tail: Tail(limit: 0))
        let deadline = CloseDeadline()
        deadline.begin(topic.configuration.timeout)
        let writer = try TopicWriter(topic, identity, state, notes, deadline)
        _ = try writer.append(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
