import EventLog
import Foundation
import KeyValueStore
import Records
import Rules
import Synchronization

/// The filter rules that a log's control records say, and the way new ones come into the log.
///
/// Notes repeat them, also those whose records retention has deleted; they are made anew from what the log holds if they are missing.
/// All members: any thread.
final class RecordedRules: Sendable {
    private struct Stored: Codable {
        /// The log's id, in hexadecimal.
        let log: String
        var sets: [String] = []
        var places: [Int: [RuleHistory.Place]] = [:]
        /// Where records are looked for that this file may lack: it was about to be written when the host ended.
        var pending: [UInt64]?
    }

    private struct State {
        var history = RuleHistory()
        /// By which the partitions are this process's whose rules are known.
        var epochs: Epochs
    }

    private let log: EventLog
    private let notes: ControlNotes
    private let id: String
    private let known: Mutex<State>
    /// Held while a record is appended, or the partitions change.
    private let recording = Mutex(())

    /// Knows no partition's rules yet.
    init(_ log: EventLog, _ notes: ControlNotes) {
        self.log = log
        self.notes = notes
        id = Self.name(of: log.identity)
        known = Mutex(State(epochs: Epochs(log: log.identity.id, numbers: [:])))
    }

    /// Learns which rules hold in the partitions whose epochs these are, and knows no others any more.
    ///
    /// - Throws: `UnknownRulesError`, `SettingsError` of notes that a later version has written, or what reading throws.
    func own(_ epochs: Epochs) throws {
        try recording.withLock { _ in
            var history = RuleHistory()
            var starts = [UInt64?](repeating: nil, count: log.identity.partitions)
            let first = log.firstPositions
            for partition in epochs.numbers.keys.sorted() {
                let found = try notes.read(partition).flatMap {
                    try Self.read($0, of: log.identity, at: "the notes of partition \(partition)")
                }
                history.add(found?.history ?? RuleHistory(), partition: partition)
                if found == nil {
                    starts[partition] = first[partition]
                } else if let pending = found?.pending {
                    starts[partition] = max(pending[partition], first[partition])
                }
            }
            let new = history
            known.withLock { $0 = State(history: new, epochs: epochs) }
            guard starts.contains(where: { $0 != nil }) else { return }
            try scan(from: starts)
            try write(pending: nil)
        }
    }

    var history: RuleHistory { known.withLock { $0.history } }

    /// What a file says of a log; nil if there is none, or it is about another log.
    ///
    /// - Throws: `SettingsError`, if it has rules that this build does not know.
    static func read(
        _ path: String, of log: LogIdentity
    ) throws -> (history: RuleHistory, pending: [UInt64]?)? {
        try (try? Data(contentsOf: URL(filePath: path))).flatMap { try read($0, of: log, at: path) }
    }

    private static func read(
        _ data: Data, of log: LogIdentity, at path: String
    ) throws -> (history: RuleHistory, pending: [UInt64]?)? {
        guard let stored = try? JSONDecoder().decode(Stored.self, from: data), stored.log == name(of: log)
        else { return nil }
        let sets = try stored.sets.map { try FilterRules(recorded: $0, at: path) }
        var history = RuleHistory()
        for (partition, places) in stored.places {
            for place in places where sets.indices.contains(place.set) {
                history.add(sets[place.set], partition: partition, from: place.from)
            }
        }
        return (history, stored.pending)
    }

    /// Has rules hold from now on: behind a control record in each partition of this process, if those that hold are others. Waits until the
    /// log holds them.
    ///
    /// - Returns: whether it was recorded.
    func record(_ rules: FilterRules) throws -> Bool {
        try recording.withLock { _ in
            let (history, partitions) = known.withLock { ($0.history, $0.epochs.numbers.keys.sorted()) }
            let first = log.firstPositions
            let isKnown = partitions.allSatisfy { partition in
                guard let last = history.last(partition) else { return rules.isEmpty }
                return last == rules && history.places[partition]!.last!.from > first[partition]
            }
            // Also where retention is about to delete, or has deleted, the record: whoever reads the log alone finds it.
            if isKnown || (rules.isEmpty && history.isEmpty) { return false }
            let starts = log.nextPositions
            try write(pending: starts)
            try log.append(control: RuleHistory.recordType, Data(rules.json.utf8), to: partitions)
            try scan(from: starts.indices.map { partitions.contains($0) ? starts[$0] : nil })
            try write(pending: nil)
            return true
        }
    }

    private func scan(from positions: [UInt64?]) throws {
        let end = log.durableEnd
        let cursor = try LogCursor(log, from: positions)
        var history = history
        while let chunk = try cursor.next(through: end) {
            for index in 0..<chunk.count { try history.add(chunk[index]) }
        }
        let new = history
        known.withLock { $0.history = new }
    }

    private func write(pending: [UInt64]?) throws {
        let (history, epochs) = known.withLock { ($0.history, $0.epochs) }
        var stored = Stored(log: id)
        stored.sets = history.sets.map(\.json)
        stored.places = history.places
        stored.pending = pending
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try notes.write(encoder.encode(stored), as: epochs)
    }

    private static func name(of log: LogIdentity) -> String {
        log.id.map { String($0, radix: 16) }.joined(separator: "-")
    }
}
