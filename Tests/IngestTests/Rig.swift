import Enrichment
import EventLog
import Foundation
import Ingest
import KeyValueStore
import Records
import Synchronization
import Testing

/// An ingest service over a log in a folder of its own.
final class Rig {
    static let start: Int64 = 1_750_000_000_000_000

    let configuration: IngestConfiguration
    let sources: [any EventSource]
    let enrichment: Enrichment?
    private let directory: String
    private let bufferBytes: Int
    private let clock = ManualClock()
    /// What `save_blob` stores, which outlives a restart.
    let store = StubStore()
    private(set) var blobs: BlobStore
    private(set) var log: EventLog
    private(set) var service: IngestService

    init(
        sources: [any EventSource] = [], bufferBytes: Int = 1 << 26, enrichment: Enrichment? = nil,
        _ configure: (inout IngestConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = IngestConfiguration()
        configure(&configuration)
        self.configuration = configuration
        self.sources = sources
        self.enrichment = enrichment
        directory = FileManager.default.temporaryDirectory.path + "/ingest-\(UUID().uuidString)"
        self.bufferBytes = bufferBytes
        log = try Self.open(directory, bufferBytes)
        blobs = BlobStore(log: log, store: store) { _ in }
        service = try IngestService(
            configuration, log: log, sources: sources, blockList: try Self.blockList(configuration), blobs: blobs,
            enrichment: enrichment, clock: { [clock] in clock.now })
    }

    deinit {
        blobs.close()
        try? log.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func blockList(_ configuration: IngestConfiguration) throws -> BlockList? {
        configuration.rules.isEmpty ? nil : try BlockList(files: configuration.rules)
    }

    private static func open(_ directory: String, _ bufferBytes: Int) throws -> EventLog {
        var configuration = EventLogConfiguration(directory: directory)
        configuration.bufferBytes = bufferBytes
        configuration.syncDelay = .milliseconds(1)
        return try EventLog.open(configuration)
    }

    /// Ends the host and starts another one on the same log.
    func restart() throws {
        blobs.close()
        try log.close()
        try reopen()
    }

    private func reopen() throws {
        log = try Self.open(directory, bufferBytes)
        blobs = BlobStore(log: log, store: store) { _ in }
        service = try IngestService(
            configuration, log: log, sources: sources, blockList: try Self.blockList(configuration), blobs: blobs,
            enrichment: enrichment, clock: { [clock] in clock.now })
    }

    /// As if the machine had stopped while it wrote the last `bytes` of the log.
    func tear(bytes: Int) throws {
        blobs.close()
        try log.close()
        let segment = directory + "/0000000001.segment"
        let handle = try #require(FileHandle(forUpdatingAtPath: segment))
        try handle.truncate(atOffset: handle.seekToEnd() - UInt64(bytes))
        try handle.close()
        try FileManager.default.removeItem(atPath: directory + "/durable")
        try reopen()
    }

    func advance(microseconds: Int64) { clock.advance(microseconds) }

    /// A connection over a WebSocket, from another machine unless said otherwise.
    func connect(
        _ query: String = "", from ip: String = "203.0.113.9", agent: String = "",
        credentials: Credentials = Credentials()
    ) throws -> TestClient {
        let peer = IngestPeer(ip: ip, agent: agent)
        let connection = try service.connection(from: peer, query: query, credentials: credentials)
        return try TestClient(self, connection, IngestWorkspace(configuration))
    }

    /// All events of the log, in its order; everything that was appended before is there.
    func events() throws -> [StoredEvent] {
        try log.flush()
        let cursor = try LogCursor(log, from: log.nextPositions.map { _ in 0 })
        var sessions: [UInt32: String] = [:]
        var events: [StoredEvent] = []
        while let chunk = try cursor.next(through: log.durableEnd) {
            for index in 0..<chunk.count {
                let record = chunk[index]
                if record.kind == .session { sessions[record.session] = text(record.payload) }
                if record.kind == .event { events.append(StoredEvent(record, session: sessions[record.session])) }
            }
        }
        return events
    }

    func letters() throws -> [DeadLetter] {
        try log.flush()
        return try log.deadLetters.page(limit: .max).map(\.letter)
    }
}

final class ManualClock: Sendable {
    private let time = Atomic(Rig.start)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(_ microseconds: Int64) { time.wrappingAdd(microseconds, ordering: .relaxed) }
}

struct StoredEvent {
    let type, actor, payload, fields, client: String
    let session: JSON
    let sessionNumber: UInt32
    let sequence: UInt64
    let received, time: Int64
    let isTimeClaimed, isTimeClamped: Bool
    let assertion: ActorAssertion?
    let partition: Int

    init(_ record: RecordView, session: String?) {
        type = text(record.type)
        actor = text(record.actor)
        payload = text(record.payload)
        fields = text(record.fields)
        client = text(record.client)
        self.session = JSON(session ?? "null")
        sessionNumber = record.session
        sequence = record.sequence
        received = record.received
        time = record.time
        isTimeClaimed = record.isTimeClaimed
        isTimeClamped = record.isTimeClamped
        assertion = record.assertion
        partition = record.partition
    }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

/// A JSON value, to look into.
struct JSON: Equatable {
    let value: Any?

    init(_ text: String) {
        value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }
    private init(value: Any?) { self.value = value }

    subscript(name: String) -> JSON { JSON(value: (value as? [String: Any])?[name]) }
    var text: String? { value as? String }
    var number: Int? { value as? Int }
    var count: Int? { (value as? [String: Any])?.count ?? (value as? [Any])?.count }
    subscript(index: Int) -> JSON { JSON(value: (value as? [Any])?[index]) }

    static func == (a: JSON, b: JSON) -> Bool {
        (a.value as? NSObject) == (b.value as? NSObject)
    }
}
