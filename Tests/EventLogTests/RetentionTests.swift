import EventLog
import Records
import Testing

@Suite struct RetentionTests {
    private let folder = TemporaryFolder()
    private static let day: Int64 = 86_400_000_000

    /// A log of at least six segments whose records arrived on `received`, under sessions of these sources.
    private func filled(received: Int64, sources: [String?] = [nil]) throws -> EventLog {
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 4_096 })
        let sessions = try sources.map { source in
            var session = Sample()
            session.kind = .session
            session.session = log.newSession()
            session.received = received
            session.payload = Array((source.map { "{\"locked\":{\"source\":\"\($0)\"}}" } ?? "{}").utf8)
            try log.store([session])
            return session.session
        }
        for index in 0..<300 {
            var sample = Sample()
            sample.partition = index % 16
            sample.session = sessions[index % sessions.count]
            sample.received = received
            sample.payload = Array(#"{"event":"a"}"#.utf8)
            try log.store([sample])
        }
        #expect(folder.segments.count >= 6)
        return log
    }

    private func plan(
        _ log: EventLog, _ holds: [RetentionHold] = [], inDays days: Int64,
        _ change: (inout RetentionConfiguration) -> Void
    ) throws -> RetentionPlan {
        var configuration = RetentionConfiguration()
        change(&configuration)
        return try LogRetention(LogDirectory(folder.path), configuration).plan(
            holds, now: WallClock.microseconds + days * Self.day)
    }

    @Test func whatIsPastItsAgeGoesButNeverTheLastSegment() throws {
        let log = try filled(received: WallClock.microseconds)
        let ages = RetentionAges(age: .seconds(10 * 86_400))
        #expect(try plan(log, inDays: 9) { $0.ages = ages }.segments == 0)
        let all = try plan(log, inDays: 11) { $0.ages = ages }
        #expect(all.segments == folder.segments.count - 1)
        #expect(all.first == log.durableEnd.segment)
        try log.removeSegments(before: all.first)
        #expect(folder.segments.count == 1)
        try log.close()
    }

    @Test func nothingGoesThatSomebodyStillNeeds() throws {
        let log = try filled(received: WallClock.microseconds)
        let segments = try LogDirectory(folder.path).segments()
        let ages = RetentionAges(age: .seconds(86_400))
        for (index, segment) in segments.enumerated() {
            let hold = RetentionHold(name: "plugin x", positions: segment.basePositions)
            let found = try plan(log, [hold], inDays: 2) { $0.ages = ages }
            #expect(found.segments == min(index, segments.count - 1))
            #expect(found.holder == (index < segments.count - 1 ? "plugin x" : nil))
        }
        // One partition is enough.
        var positions = segments[3].basePositions
        positions[5] = 0
        let hold = RetentionHold(name: "plugin y", positions: positions)
        #expect(try plan(log, [hold], inDays: 2) { $0.ages = ages }.segments == 0)
        try log.close()
    }

    @Test func aSegmentStaysUntilTheLastOfItsSourcesIsPastItsAge() throws {
        let log = try filled(received: WallClock.microseconds, sources: ["short", "long"])
        let days = { (count: Int64) in Duration.seconds(count * 86_400) }
        let ages = RetentionAges(age: nil, sources: ["short": days(5), "long": days(20)])
        #expect(try plan(log, inDays: 6) { $0.ages = ages }.segments == 0)
        #expect(try plan(log, inDays: 19) { $0.ages = ages }.segments == 0)
        #expect(try plan(log, inDays: 21) { $0.ages = ages }.segments == folder.segments.count - 1)
        // What has no age is kept for ever.
        #expect(
            try plan(log, inDays: 99) { $0.ages = RetentionAges(age: nil, sources: ["short": days(5)]) }.segments == 0)
        try log.close()
    }

    @Test func aSourceMayBeKeptForLessThanTheOthersOfOtherSegments() throws {
        let log = try filled(received: WallClock.microseconds, sources: ["short"])
        let ages = RetentionAges(age: .seconds(100 * 86_400), sources: ["short": .seconds(86_400)])
        #expect(try plan(log, inDays: 2) { $0.ages = ages }.segments == folder.segments.count - 1)
        try log.close()
    }

    @Test func theOldestGoWhileAllTogetherHaveTooManyBytes() throws {
        let log = try filled(received: WallClock.microseconds)
        let segments = try LogDirectory(folder.path).segments()
        let limit = segments.suffix(3).reduce(0) { $0 + $1.bytes }
        let found = try plan(log, inDays: 0) { $0.bytes = limit }
        #expect(found.segments == segments.count - 3)
        #expect(found.bytes == segments.dropLast(3).reduce(0) { $0 + $1.bytes })
        try log.close()
    }

    @Test func withoutSettingsNothingEverGoes() throws {
        let log = try filled(received: 0)
        #expect(try plan(log, inDays: 10_000) { _ in }.segments == 0)
        try log.close()
    }
}
