import EventLog
import Records
import Testing

@Suite struct CursorTests {
    private func filled(_ folder: TemporaryFolder, seed: UInt64, count: Int = 600) throws -> (EventLog, [Sample]) {
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 30_000 })
        var source = SampleSource(seed: seed)
        var all: [Sample] = []
        while all.count < count {
            let samples = (0..<20).map { _ in source.sample(partitions: 16) }
            try log.store(samples)
            all += samples
        }
        return (log, positioned(all))
    }

    @Test(arguments: 0..<10)
    func positionsRestrict(seed: UInt64) throws {
        let folder = TemporaryFolder()
        let (log, all) = try filled(folder, seed: seed)
        var source = SampleSource(seed: seed + 100)
        let positions = log.nextPositions.map {
            Bool.random(using: &source) ? UInt64.random(in: 0...$0, using: &source) : nil
        }
        let expected = all.filter { sample in positions[sample.partition].map { sample.position >= $0 } ?? false }
        #expect(try log.read(from: positions) == expected)
        #expect(try log.read(from: positions, chunkBytes: 1) == expected)
        try log.close()
        let reopened = try EventLog.open(log.configuration)
        #expect(try reopened.read(from: positions) == expected)
        try reopened.close()
    }

    @Test func positionsThatTheLogDoesNotHaveAreRefused() throws {
        let folder = TemporaryFolder()
        let (log, all) = try filled(folder, seed: 1)
        var positions: [UInt64?] = Array(repeating: nil, count: 16)
        positions[3] = log.nextPositions[3]
        #expect(try log.read(from: positions) == [])
        positions[3] = log.nextPositions[3] + 1
        #expect(logError { _ = try LogCursor(log, from: positions) }?.code == .outOfRange)

        try log.removeSegments(before: 4)
        let first = log.firstPositions
        #expect(first.contains { $0 > 0 })
        #expect(try log.read(from: first) == all.filter { $0.position >= first[$0.partition] })
        positions = first.map { $0 }
        positions[7] = first[7] - 1
        #expect(logError { _ = try LogCursor(log, from: positions) }?.code == .outOfRange)
        try log.close()
    }

    @Test func aCursorFollowsTheDurableEnd() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 10_000 })
        let cursor = try LogCursor(log, from: Array(repeating: 0, count: 16))
        var source = SampleSource(seed: 5)
        var all: [Sample] = []
        var read: [Sample] = []
        for _ in 0..<100 {
            #expect(log.waitForDurable(after: cursor.offset, timeout: .zero) == log.durableEnd)
            let samples = [source.sample(partitions: 16)]
            try log.store(samples)
            all += samples
            let end = log.waitForDurable(after: cursor.offset, timeout: .seconds(10))
            #expect(end > cursor.offset)
            while let chunk = try cursor.next(through: end) {
                for index in 0..<chunk.count { read.append(Sample(chunk[index])) }
            }
            #expect(cursor.offset == end)
        }
        #expect(read == positioned(all))
        try log.close()
    }

    /// A cursor that stops anywhere and begins anew at the positions that it has reached misses nothing.
    @Test func resumingAtAnyRecord() throws {
        let folder = TemporaryFolder()
        let (log, all) = try filled(folder, seed: 9, count: 100)
        for count in 0...all.count {
            var positions: [UInt64?] = Array(repeating: 0, count: 16)
            for sample in all[..<count] { positions[sample.partition] = sample.position + 1 }
            #expect(try log.read(from: positions) == Array(all[count...]))
        }
        try log.close()
    }

    @Test func aLaggingCursorReadsASegmentThatIsDeleted() throws {
        let folder = TemporaryFolder()
        let (log, all) = try filled(folder, seed: 11)
        let cursor = try LogCursor(log, from: Array(repeating: 0, count: 16), chunkBytes: 4096)
        let first = try #require(try cursor.next(through: log.durableEnd))
        #expect(Sample(first[0]) == all[0])
        try log.removeSegments(before: 3)
        let error = logError { while try cursor.next(through: log.durableEnd) != nil {} }
        #expect(error?.code == .outOfRange)
        try log.close()
    }

    @Test func waitingEndsWithItsTime() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration())
        let clock = ContinuousClock()
        let time = clock.measure { _ = log.waitForDurable(after: log.durableEnd, timeout: .milliseconds(30)) }
        #expect(time >= .milliseconds(30))
        try log.close()
    }
}
