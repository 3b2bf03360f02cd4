import EventLog
import Records
import Testing

@Suite struct LogDirectoryTests {
    private let folder = TemporaryFolder()

    private func positioned(_ directory: LogDirectory, from segment: UInt32? = nil) throws -> [Sample] {
        var samples: [Sample] = []
        try directory.read(from: segment) { record, _ in
            if record.kind?.hasPosition == true { samples.append(Sample(record)) }
            return true
        }
        return samples
    }

    @Test func readsBesideTheHostThatWrites() throws {
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 20_000 })
        let directory = try LogDirectory(folder.path)
        #expect(directory.identity == log.identity)
        var source = SampleSource(seed: 3)
        for _ in 0..<20 {
            try log.store((0..<10).map { _ in source.sample(partitions: 16) })
            #expect(try positioned(directory) == log.read())
            let end = try #require(try directory.end())
            #expect(end.offset == log.durableEnd)
            #expect(end.nextPositions == log.nextPositions)
            #expect(end.torn == nil)
        }
        log.append(letters: [DeadLetter(code: .notJSON, reason: "r", received: 0, original: [1])])
        try log.flush()
        #expect(try directory.deadLetters().lastID == 1)

        let segments = try directory.segments()
        #expect(segments.map(\.number) == Array(1...UInt32(folder.segments.count)))
        #expect(segments.count > 2)
        #expect(
            try positioned(directory, from: 2)
                == log.read().filter { $0.position >= segments[1].basePositions[$0.partition] })
        try log.close()
        #expect(try positioned(directory) == EventLog.open(folder.configuration()).read())
    }

    @Test func stopsAtATornTailAndChangesNothing() throws {
        let log = try EventLog.open(folder.configuration())
        var source = SampleSource(seed: 4)
        try log.store((0..<10).map { _ in source.sample(partitions: 16) })
        let all = try log.read()
        try log.close()
        let torn = Array(contents(folder.segments[0]).dropLast(9))
        try write(torn, to: folder.segments[0])
        let directory = try LogDirectory(folder.path)
        #expect(try positioned(directory) == Array(all.dropLast()))
        #expect(try directory.end()?.torn != nil)
        #expect(contents(folder.segments[0]) == torn)
    }

    @Test func damageIsNamed() throws {
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 5000 })
        var source = SampleSource(seed: 5)
        try log.store((0..<50).map { _ in source.sample(partitions: 16) })
        try log.close()
        let path = folder.segments[0]
        var bytes = contents(path)
        bytes[3000] ^= 1
        try write(bytes, to: path)
        let error = logError { _ = try positioned(LogDirectory(folder.path)) }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains(path) == true)
    }

    @Test func whatIsNoLogIsRefused() {
        #expect(logError { _ = try LogDirectory("/nowhere/at/all") }?.code == .disk)
        #expect(logError { _ = try LogDirectory("/tmp") }?.code == .corrupt)
    }
}
