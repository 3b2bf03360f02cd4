import EventLog
import Foundation
import KeyValueStore
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
/// A skip record is a control record that comes after the event that it is about. Notes repeat them; they are made anew if they are
/// missing. All members: any thread.
final class SkippedEvents: Sendable {
    static let recordType = "skip"

    private struct Stored: Codable {
        /// The log's id, in hexadecimal.
        let log: String
        var events: Set<SkippedEvent>
        /// Where records are looked for that this file may lack: it was about to be written when the host ended.
        var pending: [UInt64]?
    }

    private struct State {
        var events: Set<SkippedEvent> = []
        /// By which the partitions are this process's whose skips are known.
        var epochs: Epochs
    }

    private let log: EventLog
    private let notes: ControlNotes
    private let id: String
    private let known: Mutex<State>
    /// Held while a record is appended, or the partitions change: of two, the first to end would say that nothing is pending.
    private let adding = Mutex(())

    /// Knows no partition's skips yet.
    init(_ log: EventLog, _ notes: ControlNotes) {
        self.log = log
        self.notes = notes
        id = log.identity.id.map { String($0, radix: 16) }.joined(separator: "-")
        known = Mutex(State(epochs: Epochs(log: log.identity.id, numbers: [:])))
    }

    /// Learns which events are skipped in the partitions whose epochs these are, and knows no others any more.
    func own(_ epochs: Epochs) throws {
        try adding.withLock { _ in
            var state = State(epochs: epochs)
            var starts = [UInt64?](repeating: nil, count: log.identity.partitions)
            let first = log.firstPositions
            for partition in epochs.numbers.keys.sorted() {
                let stored = try notes.read(partition).flatMap { try? JSONDecoder().decode(Stored.self, from: $0) }
                guard let stored, stored.log == id else {
                    starts[partition] = first[partition]
                    continue
                }
                state.events.formUnion(stored.events.filter { $0.partition == partition })
                if let pending = stored.pending { starts[partition] = max(pending[partition], first[partition]) }
            }
            let isWhole = !starts.contains { $0 != nil }
            if !isWhole { state.events.formUnion(try Self.read(log, from: starts)) }
            let new = state
            known.withLock { $0 = new }
            if !isWhole { try write(pending: nil) }
        }
    }

    /// By plugin and partition.
    var places: [String: [Int: Set<UInt64>]] {
        Self.places(of: known.withLock { $0.events })
    }

    static func places(of events: Set<SkippedEvent>) -> [String: [Int: Set<UInt64>]] {
        events.reduce(into: [:]) { $0[$1.plugin, default: [:]][$1.partition, default: []].insert($1.position) }
    }

    /// Has the plugin skip the event from now on. Waits until the log holds it.
    func add(_ event: SkippedEvent) throws {
        try adding.withLock { _ in
            try write(pending: log.nextPositions)
            try log.append(control: Self.recordType, try JSONEncoder().encode(event), to: [event.partition])
            known.withLock { _ = $0.events.insert(event) }
            try write(pending: nil)
        }
    }

    private func write(pending: [UInt64]?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let state = known.withLock { $0 }
        try notes.write(encoder.encode(Stored(log: id, events: state.events, pending: pending)), as: state.epochs)
    }

    private static func read(_ log: EventLog, from positions: [UInt64?]) throws -> Set<SkippedEvent> {
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
