import Custody
import EventLog
import Foundation
import KeyValueStore
import Records
import Settings
import Testing

/// A data folder without a host.
final class DataFolder {
    let path: String
    let log: EventLogConfiguration

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "custody-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var log = EventLogConfiguration(directory: "\(path)/log")
        log.segmentBytes = 4096
        self.log = log
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        try? FileManager.default.removeItem(atPath: path + ".erasures")
    }

    /// Appends events, each an actor and a payload, and closes the log. Returns its id and the positions of its first
    /// records.
    @discardableResult
    func append(_ events: [(actor: String, payload: String)], keepingFrom segment: UInt32 = 1) throws -> LogIdentity {
        let log = try EventLog.open(self.log)
        for (actor, payload) in events {
            let batch = RecordBatch()
            try Array(actor.utf8).withUnsafeBytes { actor in
                try Array(payload.utf8).withUnsafeBytes { payload in
                    try Array("note".utf8).withUnsafeBytes { type in
                        var record = NewRecord()
                        record.type = type
                        record.actor = actor
                        record.partition = log.identity.partition(ofActor: actor)
                        record.payload = payload
                        record.received = 1
                        record.assertion = .connection
                        try batch.append(record)
                    }
                }
            }
            log.append(batch)
            try log.flush()
        }
        try log.removeSegments(before: segment)
        try log.close()
        return log.identity
    }

    /// The payloads of an actor's events.
    func payloads(of actor: String) throws -> [String] {
        var found: [String] = []
        try LogDirectory(log.directory).read { record, _ in
            if record.kind == .event, record.actor.elementsEqual(actor.utf8) {
                found.append(String(decoding: record.payload, as: UTF8.self))
            }
            return true
        }
        return found
    }

    var stores: KeyValueStoreConfiguration { KeyValueStoreConfiguration() }

    /// Erases a student and returns the certificate.
    @discardableResult
    func erase(_ student: String) async throws -> [String: Any] {
        let settings = try Settings.load(file: nil, assignments: [])
        let configuration = try settings.validate { CustodyConfiguration($0.section("custody"), data: path) }
        let custody = Custody(
            configuration, log: log, stores: stores, data: path, prefixes: ["tc-testcase-"], actorFields: ["user_id"])
        let decision = try custody.decide(student, LogDirectory(log.directory).identity)
        try await custody.carryOut { _ in }
        let certificate = try #require(custody.certificate(of: decision.student))
        return try #require(JSONSerialization.jsonObject(with: Data(certificate.utf8)) as? [String: Any])
    }
}

@Suite("Erasing a student from a data folder")
struct LogErasureTests {
    @Test("an id counts as a word of its own, and not as a part of another one's name")
    func words() async throws {
        let folder = try DataFolder()
        let payloads = [
            #"{"peer":"s-12","n":1}"#, #"{"peer":"xs-1"}"#, #"{"peer":"s-1-b"}"#, #"{"peer":"S-1"}"#,
            #"{"count":771234}"#,
            #"{"peer":"ps-1é"}"#,
        ]
        let mentions = [
            #"{"peer":"s-1"}"#, #"{"text":"(s-1)"}"#, #"{"text":"s-1."}"#, #"{"url":"/s%2D1?"}"#, #"{"s-1":true}"#,
            #"{"peer":"tc-testcase-s-1"}"#, #"{"file":"s-1-essay"}"#, #"{"text":"\ns-1\t"}"#, #"{"x":"\u0073-1"}"#,
        ]
        try folder.append(
            [("s-1", #"{"own":1}"#), ("s-1-b", #"{"own":2}"#)] + (payloads + mentions).map { ("ada", $0) })
        let certificate = try await folder.erase("s-1")
        let left = try folder.payloads(of: "ada")
        #expect(Array(left.prefix(payloads.count)) == payloads)
        for (mention, now) in zip(mentions, left.dropFirst(payloads.count)) {
            #expect(!now.contains("s-1") && !now.contains("%2D1") && !now.contains("u0073"), "\(mention): \(now)")
            #expect(now.utf8.count == mention.utf8.count)
            #expect((try? JSONSerialization.jsonObject(with: Data(now.utf8))) != nil, "\(now)")
        }
        #expect(certificate["mentions"] as? Int == mentions.count)
        #expect(try folder.payloads(of: "s-1").isEmpty)
        #expect(try folder.payloads(of: "s-1-b") == [#"{"own":2}"#])
    }

    @Test("a number in JSON is no name")
    func numbers() async throws {
        let folder = try DataFolder()
        let payload = #"{"score":771234,"peer":"771234"}"#
        try folder.append([("771234", "{}"), ("ada", payload)])
        try await folder.erase("771234")
        let left = try #require(try folder.payloads(of: "ada").first)
        #expect(left.hasPrefix(#"{"score":771234,"peer":""#) && left != payload)
    }

    @Test("the log that is erased has its positions, and can be appended to and erased from again")
    func again() async throws {
        let folder = try DataFolder()
        let events = (0..<60).map { (["ada", "ben", "zoe"][$0 % 3], #"{"n":\#($0),"text":"ben and zoe"}"#) }
        try folder.append(events)
        try await folder.erase("zoe")
        let next = try LogDirectory(folder.log.directory).end()?.nextPositions
        try await folder.erase("ben")
        #expect(try LogDirectory(folder.log.directory).end()?.nextPositions == next)
        #expect(try folder.payloads(of: "ben").isEmpty && folder.payloads(of: "zoe").isEmpty)
        let left = try folder.payloads(of: "ada")
        #expect(left.count == 20 && left.allSatisfy { !$0.contains("ben") && !$0.contains("zoe") })
        try folder.append([("ada", "{}")])
        #expect(try folder.payloads(of: "ada").count == 21)
    }

    @Test("an erasure that is decided once more, after it was interrupted behind the log, still reaches the states")
    func decidedAgain() async throws {
        let folder = try DataFolder()
        let identity = try folder.append([("zoe", "{}"), ("ada", "{}")])
        do {
            let store = try KeyValueStores(folder.stores, folder: folder.path).default
            try store.commit([
                Checkpoint(
                    log: identity.id, plugin: "p", partition: 0, position: 1, epoch: 1, blocks: [], marks: [],
                    summary: [])
            ])
        }
        // A store that can't be opened interrupts it.
        let database = "\(folder.path)/default.sqlite"
        try FileManager.default.moveItem(atPath: database, toPath: database + ".aside")
        try FileManager.default.createDirectory(atPath: database, withIntermediateDirectories: false)
        await #expect(throws: (any Error).self) { _ = try await folder.erase("zoe") }
        #expect(try folder.payloads(of: "zoe").isEmpty)
        try FileManager.default.removeItem(atPath: database)
        try FileManager.default.moveItem(atPath: database + ".aside", toPath: database)
        let certificate = try await folder.erase("zoe")
        #expect(certificate["refolded"] as? [String] == ["p"])
        #expect(try KeyValueStores(folder.stores, folder: folder.path).default.plugins().isEmpty)
    }

    @Test(
        "where the log was cut, a student's own states go, others stay, and the certificate says which may still count")
    func truncated() async throws {
        let folder = try DataFolder()
        let events = (0..<60).map { (["ada", "zoe"][$0 % 2], #"{"n":\#($0),"text":"some more text to fill it"}"#) }
        let identity = try folder.append(events, keepingFrom: 3)
        let partition = Int(Array("zoe".utf8).withUnsafeBytes { identity.partition(ofActor: $0) })
        func block(_ component: String, spread: Bool, _ entries: [(KeyPart, [UInt8])]) -> StateBlock {
            var bytes: [UInt8] = []
            for (part, value) in entries {
                let key = KeyBytes.encode([part])
                for length in [key.count, value.count] {
                    bytes += withUnsafeBytes(of: UInt32(length).littleEndian) { Array($0) }
                }
                bytes += key + value
            }
            return StateBlock(
                component: component, incarnation: 1, fields: [spread ? "module" : "actor"], spread: spread,
                external: false, bytes: bytes, count: entries.count)
        }
        do {
            let store = try KeyValueStores(folder.stores, folder: folder.path).default
            try store.commit([
                Checkpoint(
                    log: identity.id, plugin: "p", partition: partition, position: 5, epoch: 1,
                    blocks: [
                        block("own", spread: false, [(.text("ada"), [1]), (.text("zoe"), [2])]),
                        block("all", spread: true, [(.text("m"), [3])]),
                    ], marks: [], summary: [9])
            ])
        }
        let certificate = try await folder.erase("zoe")
        #expect(certificate["mayStillCount"] as? [String] == ["p.all"])
        #expect(certificate["refolded"] as? [String] == [])
        let store = try KeyValueStores(folder.stores, folder: folder.path).default
        let restored = try #require(try store.restore(plugin: "p", partition: partition))
        #expect(restored.position == 5 && restored.summary == [9])
        #expect(
            restored.blocks.first { $0.component == "own" }?.bytes
                == block("own", spread: false, [(.text("ada"), [1])]).bytes)
        #expect(
            restored.blocks.first { $0.component == "all" }?.bytes
                == block("all", spread: true, [(.text("m"), [3])]).bytes)
    }
}
