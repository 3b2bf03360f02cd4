import Records
import Settings

/// Who still needs records of a log, and from where on.
package struct RetentionHold: Sendable, Equatable {
    /// For people: `plugin quiz-analytics`.
    package let name: String
    /// For each partition the position of the first record that is needed.
    package let positions: [UInt64]

    package init(name: String, positions: [UInt64]) {
        self.name = name
        self.positions = positions
    }

    fileprivate func needs(recordsBefore positions: [UInt64]) -> Bool {
        zip(self.positions, positions).contains { $0 < $1 }
    }
}

/// Which of a log's segments can be deleted.
package struct RetentionPlan: Sendable, Equatable {
    /// The first segment that stays.
    package let first: UInt32
    /// Segments before it, and their bytes.
    package let segments: Int
    package let bytes: Int
    /// Who keeps the first segment that stays, although it is old enough; nil: nobody.
    package let holder: String?
}

/// Finds out which segments of a log are past their age. Reads alone; the log may be open. Not thread-safe.
///
/// A segment goes as a whole, and none before an older one. So one source's records stay until those of the others in the
/// same segment, and all before it, may go as well.
package final class LogRetention {
    private let log: LogDirectory
    private let configuration: RetentionConfiguration
    /// When the last record of each source arrived, by segment.
    private var arrivals: [UInt32: [String?: Int64]] = [:]

    package init(_ log: LogDirectory, _ configuration: RetentionConfiguration) {
        self.log = log
        self.configuration = configuration
    }

    /// - Parameter now: microseconds since 1970 UTC.
    /// - Throws: `LogError`.
    package func plan(_ holds: [RetentionHold], now: Int64) throws -> RetentionPlan {
        let segments = try log.segments()
        var bytes = segments.reduce(0) { $0 + $1.bytes }
        var (count, removed) = (0, 0)
        var holder: String?
        for (segment, next) in zip(segments, segments.dropFirst()) {
            let isTooMuch = configuration.bytes.map { bytes > $0 } ?? false
            guard try isTooMuch || isExpired(segment, until: next.created, now: now) else { break }
            if let hold = holds.first(where: { $0.needs(recordsBefore: next.basePositions) }) {
                holder = hold.name
                break
            }
            bytes -= segment.bytes
            removed += segment.bytes
            count += 1
        }
        arrivals = arrivals.filter { number, _ in segments.contains { $0.number == number } }
        return RetentionPlan(
            first: count < segments.count ? segments[count].number : 0, segments: count, bytes: removed, holder: holder)
    }

    /// - Parameter end: nothing in the segment arrived later.
    private func isExpired(_ segment: LogDirectory.Segment, until end: Int64, now: Int64) throws -> Bool {
        let ages = configuration.ages
        if let longest = ages.longest, end < now - longest.microseconds { return true }
        guard !ages.sources.isEmpty, let shortest = ages.shortest, segment.created < now - shortest.microseconds else {
            return false
        }
        let arrivals = try self.arrivals[segment.number] ?? read(segment)
        self.arrivals[segment.number] = arrivals
        return arrivals.allSatisfy { source, last in
            ages.age(of: source).map { last < now - $0.microseconds } ?? false
        }
    }

    private func read(_ segment: LogDirectory.Segment) throws -> [String?: Int64] {
        var sources: [UInt32: String] = [:]
        var arrivals: [String?: Int64] = [:]
        try log.read(from: segment.number) { record, place in
            guard place.segment == segment.number else { return false }
            switch record.kind {
            case .session: sources[record.session] = SessionSource.of(record: record.payload)
            case .event, .control:
                let source = sources[record.session]
                arrivals[source] = max(arrivals[source] ?? .min, record.received)
            case .mark, .tombstone, nil: break
            }
            return true
        }
        return arrivals
    }
}
