import EventLog
import Records

/// What `lectern log info --counts` tells: how many sessions there are, and how many events of each source and type.
struct EventCounts: Encodable {
    private(set) var sessions = 0
    private(set) var sources: [String: Int] = [:]
    private(set) var types: [String: Int] = [:]

    /// Reads the whole log.
    init(_ log: LogDirectory) throws {
        var sourceOfSession: [UInt32: String] = [:]
        var known: Set<UInt32> = []
        let bar = ProgressBar()
        let segments = try log.segments()
        let size = segments.reduce(0) { $0 + $1.bytes }
        var done = 0
        try log.readChunks { chunk in
            for index in 0..<chunk.count {
                let record = chunk[index]
                done += record.bytes.count
                switch record.kind {
                case .session:
                    if known.insert(record.session).inserted {
                        sourceOfSession[record.session] = SessionSource.of(record: record.payload)
                    }
                case .event:
                    sources[sourceOfSession[record.session] ?? "", default: 0] += 1
                    types[String(decoding: record.type, as: UTF8.self), default: 0] += 1
                case .control, .mark, .tombstone, nil: break
                }
            }
            bar.show("log", done: done, of: size, note: "\(known.count) sessions")
        }
        bar.clear()
        sessions = known.count
    }

    var lines: [String] {
        func table(_ title: String, _ counts: [String: Int]) -> [String] {
            var table = TextTable(title, "EVENTS")
            for (name, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                table.add(name.isEmpty ? "(none)" : name, "\(count)")
            }
            return [""] + table.lines
        }
        return ["", "sessions      \(sessions)"] + table("SOURCE", sources) + table("TYPE", types)
    }
}
