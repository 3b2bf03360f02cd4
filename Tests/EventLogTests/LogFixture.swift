import CRecords
import EventLog
import FoundationEssentials
import Records

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/lectern-log-" + UUID().uuidString
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var segments: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".segment") }.sorted().map { path + "/" + $0 }
    }

    var durable: String { path + "/durable" }

    func configuration(_ change: (inout EventLogConfiguration) -> Void = { _ in }) -> EventLogConfiguration {
        var configuration = EventLogConfiguration(directory: path)
        configuration.syncDelay = .zero
        change(&configuration)
        return configuration
    }
}

func contents(_ path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map(Array.init) ?? [] }

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

/// A record of the log as a value, to compare.
struct Sample: Equatable, Sendable {
    var kind = RecordKind.event
    var partition = 0
    var position: UInt64 = 0
    var session: UInt32 = 0
    var received: Int64 = 0
    var time: Int64?
    var sequence: UInt64 = 0
    var type = ""
    var actor = ""
    var client = ""
    var fields = ""
    var payload: [UInt8] = []

    init() {}

    init(_ record: RecordView) {
        kind = record.kind!
        partition = record.partition
        position = record.position
        session = record.session
        received = record.received
        time = record.isTimeClaimed ? record.time : nil
        sequence = record.sequence
        type = String(decoding: record.type, as: UTF8.self)
        actor = String(decoding: record.actor, as: UTF8.self)
        client = String(decoding: record.client, as: UTF8.self)
        fields = String(decoding: record.fields, as: UTF8.self)
        payload = Array(record.payload)
    }

    func append(to batch: RecordBatch) throws {
        try Array(type.utf8).withUnsafeBytes { type in
            try Array(actor.utf8).withUnsafeBytes { actor in
                try Array(client.utf8).withUnsafeBytes { client in
                    try Array(fields.utf8).withUnsafeBytes { fields in
                        try payload.withUnsafeBytes { payload in
                            var record = NewRecord()
                            record.kind = kind
                            record.partition = UInt16(partition)
                            record.session = session
                            record.received = received
                            record.time = time
                            record.sequence = sequence
                            record.type = type
                            record.actor = actor
                            record.client = client
                            record.fields = fields
                            record.payload = payload
                            try batch.append(record)
                        }
                    }
                }
            }
        }
    }
}

/// Random records, the same for the same seed.
struct SampleSource: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// An event or control record of one of `partitions`.
    mutating func sample(partitions: Int, longest: Int = 600) -> Sample {
        var sample = Sample()
        sample.kind = Int.random(in: 0..<20, using: &self) == 0 ? .control : .event
        sample.partition = Int.random(in: 0..<partitions, using: &self)
        sample.received = Int64.random(in: 0...1 << 50, using: &self)
        if Bool.random(using: &self) { sample.time = Int64.random(in: -1000...1 << 50, using: &self) }
        sample.type = ["answer", "login", "\u{e9}t\u{e9}", ""].randomElement(using: &self)!
        sample.actor = "student-\(Int.random(in: 0..<50, using: &self))"
        if Bool.random(using: &self) {
            sample.client = "client-\(Int.random(in: 0..<5, using: &self))"
            sample.sequence = UInt64.random(in: 0..<1000, using: &self)
        }
        if Bool.random(using: &self) { sample.fields = #"{"a":1}"# }
        let length = Int.random(in: 0...longest, using: &self)
        sample.payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &self) }
        return sample
    }
}

extension EventLog {
    /// Appends the samples as one batch, and waits until they are durable.
    func store(_ samples: [Sample]) throws {
        let batch = RecordBatch()
        for sample in samples { try sample.append(to: batch) }
        append(batch)
        try flush()
    }

    /// What a cursor gives.
    func read(from positions: [UInt64?]? = nil, chunkBytes: Int = 256 << 10) throws -> [Sample] {
        let cursor = try LogCursor(
            self, from: positions ?? Array(repeating: 0, count: identity.partitions), chunkBytes: chunkBytes)
        var samples: [Sample] = []
        while let chunk = try cursor.next(through: durableEnd) {
            for index in 0..<chunk.count { samples.append(Sample(chunk[index])) }
        }
        return samples
    }
}

/// The samples as the log gives them back: with positions, counted from `first`.
func positioned(_ samples: [Sample], from first: [UInt64] = Array(repeating: 0, count: 16)) -> [Sample] {
    var next = first
    return samples.map { sample in
        var sample = sample
        if sample.kind.hasPosition {
            sample.position = next[sample.partition]
            next[sample.partition] += 1
        } else {
            sample.partition = Int(LECTERN_EVERY_PARTITION)
        }
        return sample
    }
}

func logError(_ body: () throws -> Void) -> LogError? {
    do {
        try body()
        return nil
    } catch {
        return error as? LogError
    }
}
