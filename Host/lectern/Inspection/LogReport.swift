import EventLog
import Records

/// What `lectern log info` tells.
struct LogReport: Encodable {
    struct Segment: Encodable {
        let number: UInt32
        let bytes: Int
        let created: String
    }

    struct Partition: Encodable {
        let partition: Int
        /// The position of its first record that is kept, and of its next one.
        let first: UInt64
        let next: UInt64
    }

    let id: String
    let created: String
    let bytes: Int
    let records: UInt64
    let segments: [Segment]
    let partitions: [Partition]
    let deadLetters: [String: UInt64]
    /// What came before its connection had said who it is.
    let earlyFrames: Int
    let retention: RetentionReport?
    let archive: ArchiveReport?
    let counts: EventCounts?
    /// What follows the last whole record: it is being written, or a crash has left it.
    let torn: String?

    init(
        _ log: LogDirectory, folder: String, retention: RetentionReport?, archive: ArchiveReport?, counts: EventCounts?
    ) throws {
        self.retention = retention
        self.archive = archive
        self.counts = counts
        var frames = 0
        try EarlyFrames.forEachLine(log: folder) { _ in
            frames += 1
            return true
        }
        earlyFrames = frames
        let found = try log.segments()
        let end = try log.end()
        id = SHA256.hexadecimal(log.identity.id)
        created = JSONOutput.time(log.identity.created)
        segments = found.map { Segment(number: $0.number, bytes: $0.bytes, created: JSONOutput.time($0.created)) }
        bytes = found.reduce(0) { $0 + $1.bytes }
        let first = found.first?.basePositions ?? []
        let next = end?.nextPositions ?? first
        partitions = first.indices.map { Partition(partition: $0, first: first[$0], next: next[$0]) }
        records = partitions.reduce(0) { $0 + $1.next - $1.first }
        deadLetters = try log.deadLetters().counts.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
        torn = end?.torn
    }

    var text: String {
        let letters = deadLetters.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        var lines = [
            "log           \(id)",
            "created       \(created)",
            "records       \(records)",
            "bytes         \(bytes)",
            "dead letters  \(letters.isEmpty ? "none" : letters.joined(separator: ", "))",
            "early frames  \(earlyFrames == 0 ? "none" : "\(earlyFrames)")",
            "retention     \(retention?.text ?? "none: nothing is ever deleted")",
            "archive       \(archive?.text ?? "none")",
        ]
        if let torn { lines.append("at the end    \(torn)") }
        var table = TextTable("SEGMENT", "BYTES", "CREATED")
        for segment in segments { table.add("\(segment.number)", "\(segment.bytes)", segment.created) }
        lines += [""] + table.lines
        table = TextTable("PARTITION", "FIRST", "NEXT")
        for partition in partitions { table.add("\(partition.partition)", "\(partition.first)", "\(partition.next)") }
        return (lines + [""] + table.lines + (counts?.lines ?? [])).joined(separator: "\n")
    }
}
