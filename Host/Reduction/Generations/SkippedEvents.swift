import EventLog
import Foundation
import PluginHost
import Records
import Synchronization

/// An event that a plugin does not fold, since it ends the plugin.
struct SkippedEvent: Codable, Hashable, Sendable {
    let plugin: String
    let partition: Int
    let position: UInt64
}

/// The events that plugins skip: what the skip records of the log say, so that the log folded again gives the same.
///
/// A skip record is a control record that comes after the event that it is about. So that nobody has to read the whole
/// log before he can fold it, a file beside the log repeats them; it is made anew if it is missing. All members: any
/// thread.
final class SkippedEvents: Sendable {
    static let recordType = "skip"

    private struct Stored: Codable {
        /// The log's id, in hexadecimal.
        let log: String
        var events: Set<SkippedEvent>
        /// Where records are looked for that this file may lack: it was about to be written when the host ended.
        var pending: [UInt64]?
    }

    private let log: EventLog
    private let path: String
    private let stored: Mutex<Stored>
    /// Held while a record is appended: of two, the first to end would say that nothing is pending.
    private let adding = Mutex(())

    init(_ log: EventLog, path: String) throws {
        self.log = log
        self.path = path
        let id = log.identity.id.map { String($0, radix: 16) }.joined(separator: "-")
        let found = try? JSONDecoder().decode(Stored.self, from: Data(contentsOf: URL(filePath: path)))
        let known = found?.log == id ? found : nil
        stored = Mutex(known ?? Stored(log: id, events: []))
        if known == nil || known?.pending != nil {
            let first = log.firstPositions
            let missed = try Self.read(log, from: known?.pending.map { zip($0, first).map(max) } ?? first)
            stored.withLock { $0.events.formUnion(missed) }
            try write(pending: nil)
        }
    }

    /// By plugin and partition.
    var places: [String: [Int: Set<UInt64>]] {
        Self.places(of: stored.withLock { $0.events })
    }

    static func places(of events: Set<SkippedEvent>) -> [String: [Int: Set<UInt64>]] {
        events.reduce(into: [:]) { $0[$1.plugin, default: [:]][$1.partition, default: []].insert($1.position) }
    }

    /// Has the plugin skip the event from now on. Waits until the log holds it.
    func add(_ event: SkippedEvent) throws {
        try adding.withLock { _ in
            try write(pending: log.nextPositions)
            try log.append(control: Self.recordType, try JSONEncoder().encode(event), to: [event.partition])
            stored.withLock { _ = $0.events.insert(event) }
            try write(pending: nil)
        }
    }

    private func write(pending: [UInt64]?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let stored = stored.withLock { stored in
            stored.pending = pending
            return stored
        }
        try encoder.encode(stored).write(to: URL(filePath: path), options: .atomic)
    }

    private static func read(_ log: EventLog, from positions: [UInt64]) throws -> Set<SkippedEvent> {
        var events: Set<SkippedEvent> = []
        let end = log.durableEnd
        let cursor = try LogCursor(log, from: positions)
        while let chunk = try cursor.next(through: end) { events.formUnion(chunk.skippedEvents) }
        return events
    }
}

extension LogChunk {
    /// The events that its skip records name.
    var skippedEvents: [SkippedEvent] {
        (0..<count).lazy.map { self[$0] }
            .filter { $0.kind == .control && $0.type.elementsEqual(SkippedEvents.recordType.utf8) }
            .compactMap { try? JSONDecoder().decode(SkippedEvent.self, from: Data($0.payload)) }
    }
}

extension EventLog {
    /// Appends a control record to each of the partitions, side by side, all of them or none, and waits until they are
    /// durable and can be read.
    func append(control type: String, _ payload: Data, to partitions: [Int], at time: Int64 = WallClock.microseconds)
        throws
    {
        let batch = RecordBatch()
        for partition in partitions {
            var record = NewRecord()
            record.kind = .control
            record.partition = UInt16(partition)
            record.received = time
            record.isContinued = partition != partitions.last
            try payload.withUnsafeBytes { payload in
                try Array(type.utf8).withUnsafeBytes { type in
                    record.type = type
                    record.payload = payload
                    try batch.append(record)
                }
            }
        }
        let result = BoundedQueue<Result<Void, LogError>>(limit: 1)
        append(batch) { result.put($0) }
        try result.take()?.get()
        try settle()
    }
}
