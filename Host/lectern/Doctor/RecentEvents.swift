import EventLog
import Ingest
import Records
import Reduction

/// What the last events of a log say of the clocks and the ids of those who sent them.
struct RecentEvents {
    /// So many of the last events are looked at, of the last segment.
    private static let limit = 10_000

    private struct Event {
        /// Microseconds that its claimed time lies behind its arrival; nil: it claims none.
        let lateness: Int64?
        let isClamped: Bool
        let hash: Int
    }

    private var events: [Event] = []

    init(_ log: LogDirectory) throws {
        guard let last = try log.segments().last else { return }
        var next = 0
        try log.read(from: last.number) { record, _ in
            guard record.kind == .event else { return true }
            var hasher = Hasher()
            hasher.combine(record.actor.count)
            hasher.combine(bytes: record.actor)
            hasher.combine(bytes: record.payload)
            let event = Event(
                lateness: record.isTimeClaimed ? record.received - record.time : nil,
                isClamped: record.isTimeClamped, hash: hasher.finalize())
            if events.count < Self.limit { events.append(event) } else { events[next % Self.limit] = event }
            next += 1
            return true
        }
    }

    func findings(_ settings: HostSettings) -> [Finding] {
        events.isEmpty ? [] : [clocks(settings), copies(settings)]
    }

    private func clocks(_ settings: HostSettings) -> Finding {
        let clamped = events.count { $0.isClamped }
        let lateness = events.compactMap(\.lateness).sorted()
        let median = lateness.isEmpty ? nil : Double(lateness[lateness.count / 2]) / 1e6
        let usual = median.map { "; in the middle they arrive \($0.secondsText) after the time that they claim" } ?? ""
        guard clamped > 0 else {
            return Finding("clients' clocks", .ok, "none of the last \(events.count) events is of the future\(usual)")
        }
        let limit = (Double(settings.ingest.skew) / 1e6).secondsText
        return Finding(
            "clients' clocks", .warning,
            "\(clamped) of the last \(events.count) events are of the future by more than \(limit)\(usual)",
            remedy: "Correct the clocks of who sends them (NTP). Such events count as of their arrival.")
    }

    /// Whether the same bytes of the same actor come again and again.
    private func copies(_ settings: HostSettings) -> Finding {
        let copies = events.count - Set(events.map(\.hash)).count
        let share = Double(copies) / Double(events.count)
        let found = "\(copies) of the last \(events.count) events have the very bytes of another one of the same actor"
        if settings.reduction.dedup.isEmpty {
            return Finding(
                "copies", copies > 0 ? .warning : .note,
                "\(found), and no field is set by which events that come twice are known",
                remedy: "Name the field that holds an event's id: dedup.field, or dedup.types for types of events.",
                topics: .duplicates)
        }
        return Finding(
            "copies", share > 0.05 ? .warning : .ok, found,
            remedy: "See that clients draw an id for each event once, and send the same one when they try again.",
            topics: .duplicates)
    }
}
