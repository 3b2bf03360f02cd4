import EventLog
import Records
import Synchronization
import Testing

/// What holds for a log that is a topic, and for no other.
@Suite struct KafkaLogTests {
    private func event(_ client: String, _ number: UInt64, partition: Int = 0, text: String = "") -> Sample {
        var sample = Sample()
        sample.client = client
        sample.sequence = number
        sample.partition = partition
        sample.payload = Array("\(client) \(number) \(text)".utf8)
        return sample
    }

    private func texts(_ log: EventLog, from positions: [UInt64]? = nil) throws -> [String] {
        try log.read(from: positions ?? log.firstPositions).filter { $0.kind == .event }
            .map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test func whatAClientSendsAgainThroughAnotherHostCountsOnceForAllReaders() throws {
        let broker = try KafkaBroker(partitions: 1)
        let folders = (TemporaryFolder(), TemporaryFolder())
        let first = try EventLog.open(try broker.configuration(folders.0))
        let second = try EventLog.open(try broker.configuration(folders.1))
        #expect(first.identity == second.identity)
        try first.store((1...10).map { event("c", $0, text: "first") })
        try second.store((5...15).map { event("c", $0, text: "second") })
        // What the first one had on its way all the while.
        try first.store((11...20).map { event("c", $0, text: "late") })
        try second.flush()
        let expected =
            (1...10).map { "c \($0) first" } + (11...15).map { "c \($0) second" } + (16...20).map { "c \($0) late" }
        #expect(try texts(first) == expected)
        #expect(try texts(second) == expected)
        try first.close()
        try second.close()
    }

    @Test func recordsOfOneFrameAllCount() throws {
        let broker = try KafkaBroker(partitions: 2)
        let folder = TemporaryFolder()
        let log = try EventLog.open(try broker.configuration(folder))
        for _ in 0..<2 {
            let batch = RecordBatch()
            try Array("c".utf8).withUnsafeBytes { client in
                for index in 0..<6 {
                    var record = NewRecord()
                    record.client = client
                    record.sequence = 7
                    record.partition = UInt16(index % 2)
                    record.isContinued = index < 5
                    try batch.append(record)
                }
            }
            log.append(batch)
            try log.flush()
        }
        #expect(try log.read(from: log.firstPositions).filter { $0.kind == .event }.count == 6)
        try log.close()
    }

    /// So many that the topic says twice what it has seen of clients.
    @Test func aReaderThatBeginsLateKnowsWhatCameBefore() throws {
        let broker = try KafkaBroker(partitions: 1)
        let folder = TemporaryFolder()
        var log = try EventLog.open(try broker.configuration(folder) { $0.tailBytes = 1 << 20 })
        try log.store([event("early", 5)])
        for round in 0..<80 { try log.store((1...500).map { event("c\(round % 7)", UInt64(round) * 500 + $0) }) }
        try log.close()
        log = try EventLog.open(log.configuration)
        #expect(log.nextPositions[0] > 40_000)
        try log.store([event("early", 4), event("early", 6)])
        #expect(try texts(log).count == 40_002)
        #expect(try texts(log).last == "early 6 ")
        #expect(
            try texts(log, from: [20_000]).count == Int(log.nextPositions[0]) - 20_000 - tombstones(log, from: 20_000))
        try log.close()
    }

    private func tombstones(_ log: EventLog, from position: UInt64) throws -> Int {
        try log.read(from: [position]).filter { $0.kind == .tombstone }.count
    }

    @Test func aTopicWithAnotherNumberOfPartitionsIsRefused() throws {
        let broker = try KafkaBroker(partitions: 4)
        let folder = TemporaryFolder()
        let error = logError { _ = try EventLog.open(try broker.configuration(folder) { $0.partitions = 8 }) }
        #expect(error?.code == .settings)
        #expect(error?.description.contains("log.partitions: 8 found, but the log in log.kafka: topic lectern") == true)
    }

    @Test func aLogWhoseBrokersAreAwayForTooLongEndsAndTellsItsCallers() throws {
        let broker = try KafkaBroker(partitions: 1)
        let folder = TemporaryFolder()
        let log = try EventLog.open(try broker.configuration(folder) { $0.kafka?.timeout = .seconds(1) })
        broker.tell("down 1")
        let batch = RecordBatch()
        try event("c", 1).append(to: batch)
        let failures = Mutex<[LogError]>([])
        log.append(batch) { result in
            if case .failure(let error) = result { failures.withLock { $0.append(error) } }
        }
        #expect(logError { try log.close() }?.code == .broker)
        #expect(failures.withLock { $0.map(\.code) } == [.broker])
    }
}
