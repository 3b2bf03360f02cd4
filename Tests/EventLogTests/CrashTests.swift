import EventLog
import Glibc
import Records
import Synchronization
import Testing

/// A process that writes is killed, again and again: what it acknowledged is there, in order, once.
@Suite struct CrashTests {
    @Test(arguments: [true, false])
    func killed(direct: Bool) async throws {
        let folder = TemporaryFolder()
        var before: [Sample] = []
        for round in 0..<6 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = folder.path as String, round = round as Int, direct = direct as Bool] in
                try CrashTests.writeUntilKilled(path, seed: UInt64(round), direct)
            }
            let acknowledged = try #require(
                String(decoding: contents(folder.path + ".acknowledged"), as: UTF8.self).split(separator: "\n").last
                    .flatMap { UInt64($0) })
            let log = try EventLog.open(folder.configuration { $0.segmentBytes = 300_000 })
            let samples = try log.read().filter { $0.kind == .event }
            let sequences = samples.map(\.sequence)
            #expect(sequences == (0..<sequences.count).map { UInt64($0) }, "none is missing, none is there twice")
            #expect(UInt64(sequences.count) > acknowledged)
            #expect(log.highestSequence(client: "writer") == UInt64(sequences.count) - 1)
            #expect(Array(samples.prefix(before.count)) == before)
            before = samples
            try log.close()
        }
        unlink(folder.path + ".acknowledged")
    }

    static func writeUntilKilled(_ path: String, seed: UInt64, _ direct: Bool) throws {
        var configuration = EventLogConfiguration(directory: path)
        configuration.segmentBytes = 300_000
        configuration.direct = direct
        configuration.syncDelay = .microseconds(200)
        let log = try EventLog.open(configuration)
        let file = open(path + ".acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var source = SampleSource(seed: seed)
        let first = log.highestSequence(client: "writer").map { $0 + 1 } ?? 0
        let last = first + UInt64.random(in: 200...4000, using: &source)
        let batch = RecordBatch()
        var sequence = first
        while true {
            for _ in 0..<Int.random(in: 1...20, using: &source) {
                var sample = source.sample(partitions: 16)
                sample.kind = .event
                sample.client = "writer"
                sample.sequence = sequence
                try sample.append(to: batch)
                sequence += 1
            }
            let acknowledged = sequence - 1
            log.append(batch) { result in
                guard case .success = result else { return }
                let line = Array("\(acknowledged)\n".utf8)
                _ = Glibc.write(file, line, line.count)
                if acknowledged >= last { kill(getpid(), SIGKILL) }
            }
            batch.removeAll()
        }
    }
}
