import EventLog
import Glibc
import Records

/// The data folder: its disk, its log and its dead letters.
struct DataChecks {
    /// Below so much free space, whatever the disk's size.
    private static let scarce = 1 << 30
    private static let tooLittle = 100 << 20
    /// Dead letters that are younger are news.
    private static let recent: Int64 = 3_600_000_000

    let findings: [Finding]
    let isThere: Bool

    init(_ data: String, _ settings: HostSettings) {
        isThere = access(data, F_OK) == 0
        guard isThere else {
            findings = [
                Finding(
                    "data folder", .problem, "there is no \(data)",
                    remedy: "Name the host's data folder with --data; the first `lectern serve` makes it.")
            ]
            return
        }
        var findings = [Self.folder(data), Self.disk(data)]
        let folder = settings.log.directory
        do {
            let log = try LogDirectory(folder)
            if let kafka = settings.log.kafka {
                findings.append(Self.log(kafka))
            } else {
                findings.append(try Self.log(log))
                findings += try RecentEvents(log).findings(settings)
            }
            findings.append(try Self.letters(log))
        } catch {
            findings.append(
                Finding(
                    "log", .problem, "\(error)",
                    remedy:
                        "`lectern log verify --data \(data)` says what is damaged; restore the folder from a backup."
                ))
        }
        self.findings = findings
    }

    private static func folder(_ data: String) -> Finding {
        guard access(data, W_OK) == 0 else {
            return Finding(
                "data folder", .warning, "\(data) can't be written to by this user",
                remedy: "Run the command as the host's user, or see that the host's user owns it.")
        }
        return Finding("data folder", .ok, data)
    }

    private static func disk(_ data: String) -> Finding {
        var space = statvfs()
        guard statvfs(data, &space) == 0, space.f_blocks > 0 else {
            return Finding("disk space", .warning, "unknown: \(String(cString: strerror(errno)))")
        }
        let free = Int(clamping: UInt64(space.f_bavail) * UInt64(space.f_frsize))
        let share = Double(space.f_bavail) / Double(space.f_blocks)
        let found = "\(free.bytesText) free, \(share.percent) of the disk"
        let remedy = "Make room, or let the log be shorter: log.retention. A host whose disk is full takes no events."
        if free < tooLittle { return Finding("disk space", .problem, found, remedy: remedy) }
        return Finding("disk space", free < scarce || share < 0.05 ? .warning : .ok, found, remedy: remedy)
    }

    private static func log(_ kafka: KafkaLogConfiguration) -> Finding {
        do {
            let topic = try StoredTopic(kafka)
            return Finding(
                "log", .ok, "\(topic.size()) records in \(topic.identity.partitions) partitions of topic \(kafka.topic)"
            )
        } catch {
            return Finding(
                "log", .problem, "\(error)",
                remedy: "See that the brokers answer, and that the host may read the topic.")
        }
    }

    private static func log(_ log: LogDirectory) throws -> Finding {
        let segments = try log.segments()
        let bytes = segments.reduce(0) { $0 + $1.bytes }
        let end = try log.end()
        let records = (end?.nextPositions ?? []).reduce(0, +)
        let found = "\(records) records so far, \(segments.count) segments with \(bytes.bytesText)"
        guard let torn = end?.torn else { return Finding("log", .ok, found) }
        return Finding(
            "log", .note, "\(found); at its end: \(torn)",
            remedy: "Nothing, if the host runs: it is writing. Otherwise the next start cuts off what a crash has torn."
        )
    }

    private static func letters(_ log: LogDirectory) throws -> Finding {
        let letters = try log.deadLetters()
        let counts = letters.counts.sorted { $0.key.rawValue < $1.key.rawValue }
        guard letters.lastID > 0 else { return Finding("dead letters", .ok, "none") }
        let since = WallClock.microseconds - recent
        let last = try letters.page(after: letters.lastID > 1000 ? letters.lastID - 1000 : 0, limit: 1000)
        let news = last.count { $0.letter.received > since }
        let found = counts.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
        let conflicts = letters.counts[.dedup] ?? 0
        var finding = Finding(
            "dead letters", news > 0 ? .warning : .note, "\(found); \(news) of the last hour",
            remedy: "`lectern dead-letters list` says why each is one; `lectern dead-letters replay` sends them again.")
        if conflicts > 0 { finding.topics = [.duplicates] }
        return finding
    }
}
