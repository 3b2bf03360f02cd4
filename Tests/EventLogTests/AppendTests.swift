import EventLog
import Glibc
import Records
import Synchronization
import Testing

private final class Counter: Sendable { let count = Atomic(0) }

@Suite struct AppendTests {
    @Test func aNewLogIsEmpty() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration())
        #expect(log.recovery.created)
        #expect(log.identity.partitions == 16)
        #expect(log.nextPositions == Array(repeating: 0, count: 16))
        #expect(try log.read() == [])
        try log.close()
    }

    @Test func recordsComeBackAsTheyWereGiven() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration())
        var source = SampleSource(seed: 1)
        let samples = (0..<500).map { _ in source.sample(partitions: 16) }
        try log.store(samples)
        #expect(try log.read() == positioned(samples))
        #expect(log.nextPositions.reduce(0, +) == 500)
        try log.close()
    }

    @Test func positionsGoOnAfterReopening() throws {
        let folder = TemporaryFolder()
        var all: [Sample] = []
        var source = SampleSource(seed: 2)
        for _ in 0..<5 {
            let log = try EventLog.open(folder.configuration { $0.segmentBytes = 20_000 })
            #expect(log.recovery.truncations == [])
            #expect(log.recovery.records == UInt64(all.count))
            #expect(try log.read() == positioned(all))
            let samples = (0..<37).map { _ in source.sample(partitions: 16) }
            try log.store(samples)
            all += samples
            #expect(try log.read() == positioned(all))
            try log.close()
        }
        #expect(folder.segments.count > 2)
    }

    /// Whatever the batches, segments, memory and chunks: the same records.
    @Test(arguments: 0..<8)
    func randomBatches(seed: Int) throws {
        var source = SampleSource(seed: UInt64(seed))
        let folder = TemporaryFolder()
        let partitions = [1, 2, 16, 100].randomElement(using: &source)!
        let configuration = folder.configuration {
            $0.partitions = partitions
            $0.segmentBytes = [4096, 50_000, 1 << 24].randomElement(using: &source)!
            $0.syncDelay = .microseconds([0, 100, 2000].randomElement(using: &source)!)
            $0.sync = Bool.random(using: &source)
            $0.direct = Bool.random(using: &source)
            $0.tailBytes = 1 << 20
        }
        let log = try EventLog.open(configuration)
        var all: [Sample] = []
        for _ in 0..<30 {
            let batch = RecordBatch()
            for _ in 0..<Int.random(in: 0...40, using: &source) {
                let longest = Int.random(in: 0...30, using: &source) == 0 ? 200_000 : 700
                let sample = source.sample(partitions: partitions, longest: longest)
                try sample.append(to: batch)
                all.append(sample)
            }
            log.append(batch)
        }
        try log.flush()
        let expected = positioned(all, from: Array(repeating: 0, count: partitions))
        for chunkBytes in [1, 5000, 1 << 20] {
            #expect(try log.read(chunkBytes: chunkBytes) == expected)
        }
        try log.close()
        let reopened = try EventLog.open(configuration)
        #expect(reopened.recovery.truncations == [])
        for chunkBytes in [1, 333, 1 << 16] { #expect(try reopened.read(chunkBytes: chunkBytes) == expected) }
        try reopened.close()
    }

    @Test func appendersOfManyThreadsKeepTheirOrder() async throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 100_000 })
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    let batch = RecordBatch()
                    for index in 0..<200 {
                        var sample = Sample()
                        sample.partition = thread
                        sample.sequence = UInt64(index)
                        sample.client = "thread-\(thread)"
                        sample.payload = Array(repeating: 1, count: 100)
                        try? sample.append(to: batch)
                        log.append(batch) { result in
                            if case .success = result { counter.count.add(1, ordering: .relaxed) }
                        }
                        batch.removeAll()
                    }
                }
            }
        }
        try log.flush()
        #expect(counter.count.load(ordering: .relaxed) == 800)
        let samples = try log.read()
        for thread in 0..<4 {
            #expect(samples.filter { $0.partition == thread }.map(\.sequence) == Array(0..<200))
            #expect(log.highestSequence(client: "thread-\(thread)") == 199)
        }
        try log.close()
    }

    /// A buffer that is much smaller than what is appended makes appenders wait, and loses nothing.
    @Test func aFullBufferBlocks() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(
            folder.configuration {
                $0.bufferBytes = 1 << 16
                $0.syncDelay = .seconds(1)
            })
        var source = SampleSource(seed: 3)
        var all: [Sample] = []
        let batch = RecordBatch()
        var wasCongested = false
        for _ in 0..<200 {
            for _ in 0..<20 {
                all.append(source.sample(partitions: 16))
                try all[all.count - 1].append(to: batch)
            }
            log.append(batch)
            wasCongested = wasCongested || log.isCongested
            batch.removeAll()
        }
        #expect(wasCongested)
        try log.flush()
        // The log's thread makes room only after it has told who flushes.
        let deadline = ContinuousClock.now + .seconds(30)
        while log.isCongested, .now < deadline { usleep(1_000) }
        #expect(!log.isCongested)
        #expect(try log.read() == positioned(all))
        try log.close()
    }

    @Test func aRecordThatIsTooLongIsRefusedAndLeavesTheBatchAsItWas() throws {
        let batch = RecordBatch()
        var sample = Sample()
        sample.type = "a"
        try sample.append(to: batch)
        let before = Array(batch.bytes)
        sample.actor = String(repeating: "x", count: 70_000)
        #expect(throws: RecordTooLong.self) { try sample.append(to: batch) }
        sample.actor = ""
        sample.payload = Array(repeating: 0, count: RecordBatch.maximumRecordLength)
        #expect(throws: RecordTooLong.self) { try sample.append(to: batch) }
        #expect(Array(batch.bytes) == before)
        #expect(batch.count == 1)
    }

    @Test func aClosedLogRefuses() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration())
        try log.close()
        try log.close()
        let batch = RecordBatch()
        try Sample().append(to: batch)
        let refused = Counter()
        log.append(batch) { result in
            if case .failure(let error) = result, error.code == .closed { refused.count.add(1, ordering: .relaxed) }
        }
        #expect(refused.count.load(ordering: .relaxed) == 1)
        #expect(logError { try log.flush() }?.code == .closed)
    }

    @Test func oneProcessAtATime() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration())
        let error = logError { _ = try EventLog.open(folder.configuration()) }
        #expect(error?.code == .inUse)
        #expect(error?.description.contains(folder.path) == true)
        try log.close()
        try EventLog.open(folder.configuration()).close()
    }

    @Test func partitionsAreForGood() throws {
        let folder = TemporaryFolder()
        try EventLog.open(folder.configuration { $0.partitions = 3 }).close()
        let log = try EventLog.open(folder.configuration())
        #expect(log.identity.partitions == 3)
        try log.close()
        #expect(logError { _ = try EventLog.open(folder.configuration { $0.partitions = 4 }) }?.code == .settings)
    }

    @Test func settingsOutOfRangeAreNamed() throws {
        let folder = TemporaryFolder()
        let error = logError {
            _ = try EventLog.open(
                folder.configuration {
                    $0.partitions = 0
                    $0.segmentBytes = 1
                })
        }
        #expect(error?.code == .settings)
        #expect(error?.description.contains("log.partitions") == true)
        #expect(error?.description.contains("log.segment") == true)
    }
}
