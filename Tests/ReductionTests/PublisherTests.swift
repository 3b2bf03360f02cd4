import EventLog
import Foundation
import Records
import Reduction
import Settings
import Synchronization
import Testing

/// An output that takes what it is given, or refuses it. Shared by a publisher's thread and a test.
private final class Recorder: EventOutput, Sendable {
    struct Attempt: Sendable {
        let ids: [String]
        let bytes: Int
        let isTaken: Bool
    }

    private let attempts = Mutex<[Attempt]>([])
    private let left: Mutex<(taken: Int, refusals: Int)>

    /// - Parameters:
    ///   - refusals: attempts that fail before one succeeds.
    ///   - taken: attempts that succeed before.
    init(refusals: Int = 0, after taken: Int = 0) { left = Mutex((taken, refusals)) }

    var all: [Attempt] { attempts.withLock { $0 } }
    var progress: [String: Int] { ["events": all.reduce(0) { $0 + ($1.isTaken ? $1.ids.count : 0) }] }

    func open(_ progress: [String: Int]?, report: (String) -> Void) throws(OutputError) {}

    func publish(_ batch: EventBatch, isOver: () -> Bool) throws(OutputError) {
        let isTaken = left.withLock { left in
            if left.taken > 0 {
                left.taken -= 1
                return true
            }
            if left.refusals > 0 { left.refusals -= 1 }
            return left.refusals == 0
        }
        let ids = batch.events.map { String(decoding: batch.id($0), as: UTF8.self) }
        attempts.withLock { $0.append(Attempt(ids: ids, bytes: batch.byteCount, isTaken: isTaken)) }
        if !isTaken { throw OutputError("the test refuses it") }
    }

    func close() {}
}

/// What publishers say.
private final class Reports: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}

@Suite("The publisher of an output")
struct PublisherTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lectern-\(UUID().uuidString)").path
    private let reports = Reports()

    /// A log with so many events of ten actors.
    private func log(events: Int) throws -> EventLog {
        var configuration = EventLogConfiguration(directory: "\(folder)/log")
        configuration.syncDelay = .zero
        let log = try EventLog.open(configuration)
        let batch = RecordBatch()
        for number in 0..<events {
            let actor = Array("student-\(number % 10)".utf8), payload = Array("{\"number\":\(number)}".utf8)
            try actor.withUnsafeBytes { actor in
                try payload.withUnsafeBytes { payload in
                    var record = NewRecord()
                    record.partition = log.identity.partition(ofActor: actor)
                    record.received = 1_750_000_000_000_000
                    record.actor = actor
                    record.payload = payload
                    try batch.append(record)
                }
            }
        }
        log.append(batch)
        try log.flush()
        return log
    }

    private func publish(
        _ log: EventLog, _ output: Recorder, retries: Int = 3, batch: Int = 100, dedup: DedupRules = DedupRules()
    ) throws -> Publisher {
        var configuration = PublisherConfiguration()
        configuration.from = .start
        configuration.batch = batch
        configuration.bufferBytes = 4 << 10
        configuration.interval = .milliseconds(1)
        configuration.retries = retries
        configuration.backoff = .milliseconds(1)
        configuration.longestPause = .milliseconds(2)
        return try Publisher(
            "test", log, output, configuration, dedup: dedup, rules: RuleHistory(),
            folder: "\(folder)/outputs/test",
            report: { [reports] in reports.add($0) })
    }

    private func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<20_000 {
            if condition() { return true }
            usleep(1_000)
        }
        return condition()
    }

    @Test("a batch is within its limits, and what is in none waits in the log")
    func limits() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try log(events: 3_000)
        let output = Recorder()
        let publisher = try publish(log, output)
        #expect(eventually { publisher.counters.published == 3_000 })
        publisher.stop()
        let attempts = output.all
        #expect(attempts.allSatisfy { $0.ids.count <= 100 })
        // A batch is full with the line that fills it.
        #expect(attempts.allSatisfy { $0.bytes < 4 << 10 + 400 })
        #expect(Set(attempts.flatMap(\.ids)).count == 3_000)
        #expect(publisher.lag.records == 0)
        try log.close()
    }

    @Test("what fails is tried again as it was; it waits after so many attempts, says so once, and goes on")
    func retries() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try log(events: 250)
        let output = Recorder(refusals: 8)
        let publisher = try publish(log, output)
        #expect(eventually { publisher.counters.published == 250 })
        publisher.stop()
        let attempts = output.all
        let first = try #require(attempts.first)
        #expect(attempts.prefix(8).allSatisfy { $0.ids == first.ids })
        #expect(attempts.filter(\.isTaken).flatMap(\.ids).count == 250)
        #expect(publisher.counters.failures == 7)
        #expect(publisher.counters.waiting == nil)
        #expect(
            reports.all == [
                "output test: the test refuses it; its events wait in the log, and it is tried again",
                "output test: goes on",
            ])
        try log.close()
    }

    @Test("one that waits ends when it is told to, and the next one begins with what was not confirmed")
    func stop() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try log(events: 250)
        let away = Recorder(refusals: .max)
        let waiting = try publish(log, away, retries: 0)
        #expect(eventually { waiting.counters.waiting != nil })
        #expect(waiting.trouble == "waits: the test refuses it")
        #expect(waiting.lag.records == 250)
        waiting.stop()
        #expect(waiting.storedPositions == log.firstPositions)
        let output = Recorder()
        let publisher = try publish(log, output)
        #expect(eventually { publisher.counters.published == 250 })
        publisher.stop()
        #expect(output.all.first?.ids == away.all.first?.ids)
        #expect(publisher.storedPositions == log.nextPositions)
        try log.close()
    }

    @Test("an event that is known and not published yet is published after a restart, and then never again")
    func marks() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try log(events: 250)
        let dedup = DedupRules(others: DedupRule(field: "number"))
        // What is asked about together is more than what is published together.
        let away = Recorder(refusals: .max, after: 3)
        let waiting = try publish(log, away, retries: 0, batch: 10, dedup: dedup)
        #expect(eventually { waiting.counters.waiting != nil })
        waiting.stop()
        let taken = away.all.filter(\.isTaken).flatMap(\.ids)
        #expect(taken.count == 30)
        let output = Recorder()
        let publisher = try publish(log, output, batch: 10, dedup: dedup)
        #expect(eventually { publisher.counters.published == 220 })
        publisher.stop()
        #expect(publisher.counters.duplicates == 0)
        #expect(Set(taken + output.all.flatMap(\.ids)).count == 250)
        try log.close()
    }

    @Test("the place of another log is refused, with what to do")
    func otherLog() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try log(events: 10)
        try publish(log, Recorder()).stop()
        try log.close()
        try FileManager.default.removeItem(atPath: "\(folder)/log")
        let other = try self.log(events: 10)
        let error = #expect(throws: LogError.self) { _ = try publish(other, Recorder()) }
        #expect(error?.description.contains("says how far another log was published") == true)
        try other.close()
    }
}
