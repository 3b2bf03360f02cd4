import EventLog
import Glibc
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

    @Test func ofASharedLogCursorsReadTheAssignedPartitionsAsTheyChange() throws {
        let broker = try KafkaBroker(partitions: 3)
        let folders = (TemporaryFolder(), TemporaryFolder())
        let first = try EventLog.open(try broker.configuration(folders.0) { $0.kafka?.group = "hosts" })
        let second = try EventLog.open(try broker.configuration(folders.1) { $0.kafka?.group = "hosts" })
        func store(_ log: EventLog, _ numbers: ClosedRange<UInt64>) throws {
            try log.store(numbers.flatMap { number in (0..<3).map { event("c\($0)", number, partition: $0) } })
        }
        func texts(_ log: EventLog, of partition: Int) throws -> [String] {
            try log.read(from: (0..<3).map { $0 == partition ? 0 : nil }).filter { $0.kind == .event }
                .map { String(decoding: $0.payload, as: UTF8.self) }
        }
        func expected(_ partition: Int, _ numbers: ClosedRange<UInt64>) -> [String] {
            numbers.map { "c\(partition) \($0) " }
        }
        try first.assign([0, 1])
        try second.assign([2])
        // Whoever takes an event, its partition's owner reads it.
        try store(first, 1...10)
        try store(second, 11...20)
        try first.flush()
        #expect(try texts(first, of: 0) == expected(0, 1...20))
        #expect(try texts(first, of: 1) == expected(1, 1...20))
        try second.assign([1, 2])
        try first.assign([0])
        try store(first, 21...30)
        try second.flush()
        #expect(try texts(second, of: 1) == expected(1, 1...30))
        #expect(try texts(second, of: 2) == expected(2, 1...30))
        // What it has had before, and then not, it reads from where it stands.
        try first.assign([0, 1])
        #expect(try texts(first, of: 1) == expected(1, 1...30))
        try first.close()
        try second.close()
    }

    @Test func membersOfAGroupHaveEachPartitionOnceAndNoneThatTheyCouldNotTake() throws {
        let broker = try KafkaBroker(partitions: 4)
        final class Member: Sendable {
            let owned = Mutex<Set<Int>>([])
            let refuses = Atomic(false)
            let losses = Atomic(0)
        }
        struct Refusal: Error {}
        var logs: [EventLog] = [], memberships: [LogMembership] = []
        let members = [Member(), Member()]
        let folders = members.map { _ in TemporaryFolder() }
        for (member, folder) in zip(members, folders) {
            let log = try EventLog.open(
                try broker.configuration(
                    folder, options: "session.timeout.ms: 6000, heartbeat.interval.ms: 200"
                ) { $0.kafka?.group = "hosts" })
            let host = LogMembership.Host(
                own: { partitions in
                    if member.refuses.load(ordering: .relaxed), !partitions.isEmpty {
                        member.owned.withLock { $0 = [] }
                        member.losses.add(1, ordering: .relaxed)
                        throw Refusal()
                    }
                    try log.assign(partitions.sorted())
                    member.owned.withLock { $0 = partitions }
                },
                loss: { nil })
            logs.append(log)
            memberships.append(try #require(LogMembership(log, host: host)))
        }
        func waitUntil(_ condition: () -> Bool) throws {
            for _ in 0..<6000 where !condition() { usleep(10_000) }
            try #require(condition())
        }
        func owned(_ index: Int) -> Set<Int> { members[index].owned.withLock { $0 } }
        memberships[0].start()
        try waitUntil { owned(0) == [0, 1, 2, 3] }
        memberships[1].start()
        try waitUntil { owned(0).count == 2 && owned(0).union(owned(1)) == [0, 1, 2, 3] && owned(1).count == 2 }
        // Who can't take what the group gives leaves it to the others, and says why.
        members[1].refuses.store(true, ordering: .relaxed)
        memberships[1].stayAway(because: "another build is wanted")
        try waitUntil { owned(0) == [0, 1, 2, 3] && owned(1).isEmpty }
        #expect(memberships[1].trouble == "another build is wanted")
        memberships[1].stayAway(because: nil)
        try waitUntil { members[1].losses.load(ordering: .relaxed) > 0 && memberships[1].trouble != nil }
        members[1].refuses.store(false, ordering: .relaxed)
        try waitUntil {
            owned(0).count == 2 && owned(0).union(owned(1)) == [0, 1, 2, 3] && memberships[1].trouble == nil
        }
        for membership in memberships { membership.stop() }
        for log in logs { try log.close() }
    }

    /// So many that the topic says twice what it has seen of clients.
    @Test func aReaderThatBeginsLateKnowsWhatCameBefore() throws {
        let broker = try KafkaBroker(partitions: 1)
        let folder = TemporaryFolder()
        var log = try EventLog.open(try broker.configuration(folder) { $0.tailBytes = 1 << 20 })
        try log.store([event("early", 5)])
        for round in 0..<24 { try log.store((1...500).map { event("c\(round % 7)", UInt64(round) * 500 + $0) }) }
        try log.close()
        log = try EventLog.open(log.configuration)
        #expect(log.nextPositions[0] > 12_000)
        try log.store([event("early", 4), event("early", 6)])
        #expect(try texts(log).count == 12_002)
        #expect(try texts(log).last == "early 6 ")
        #expect(
            try texts(log, from: [6_000]).count == Int(log.nextPositions[0]) - 6_000 - tombstones(log, from: 6_000))
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
