import EventLog
import Foundation
import Records
import Rules
import Synchronization

/// The filter rules that a log's control records say, and the way new ones come into the log.
///
/// So that nobody has to read the whole log before he can fold it, a file beside the log repeats them, also those whose records
/// retention has deleted; it is made anew from what the log holds if it is missing. All members: any thread.
final class RecordedRules: Sendable {
    private struct Stored: Codable {
        /// The log's id, in hexadecimal.
        let log: String
        var sets: [String] = []
        var places: [Int: [RuleHistory.Place]] = [:]
        /// Where records are looked for that this file may lack: it was about to be written when the host ended.
        var pending: [UInt64]?
    }

    private let log: EventLog
    private let path: String
    private let id: String
    private let known: Mutex<RuleHistory>
    /// Held while a record is appended.
    private let recording = Mutex(())

    /// - Throws: `UnknownRulesError`, `SettingsError` of a file that a later version has written, or what reading throws.
    init(_ log: EventLog, path: String) throws {
        self.log = log
        self.path = path
        id = Self.name(of: log.identity)
        let found = try Self.read(path, of: log.identity)
        known = Mutex(found?.history ?? RuleHistory())
        if found == nil || found?.pending != nil {
            try scan(from: found?.pending.map { zip($0, log.firstPositions).map(max) } ?? log.firstPositions)
            try write(pending: nil)
        }
    }

    var history: RuleHistory { known.withLock { $0 } }

    /// What a file says of a log; nil if there is none, or it is about another log.
    ///
    /// - Throws: `SettingsError`, if it has rules that this build does not know.
    static func read(
        _ path: String, of log: LogIdentity
    ) throws -> (history: RuleHistory, pending: [UInt64]?)? {
        guard let data = try? Data(contentsOf: URL(filePath: path)),
            let stored = try? JSONDecoder().decode(Stored.self, from: data), stored.log == name(of: log)
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

    /// Has rules hold from now on: behind a control record in each partition, if those that hold are others. Waits until the
    /// log holds them.
    ///
    /// - Returns: whether it was recorded.
    func record(_ rules: FilterRules) throws -> Bool {
        try recording.withLock { _ in
            let history = history
            let first = log.firstPositions
            let isKnown = first.indices.allSatisfy { partition in
                guard let last = history.last(partition) else { return rules.isEmpty }
                return last == rules && history.places[partition]!.last!.from > first[partition]
            }
            // Also where retention is about to delete, or has deleted, the record: whoever reads the log alone finds it.
            if isKnown || (rules.isEmpty && history.isEmpty) { return false }
            let starts = log.nextPositions
            try write(pending: starts)
            try log.append(
                control: RuleHistory.recordType, Data(rules.json.utf8), to: Array(0..<log.identity.partitions))
            try scan(from: starts)
            try write(pending: nil)
            return true
        }
    }

    private func scan(from positions: [UInt64]) throws {
        let end = log.durableEnd
        let cursor = try LogCursor(log, from: positions)
        var history = history
        while let chunk = try cursor.next(through: end) {
            for index in 0..<chunk.count { try history.add(chunk[index]) }
        }
        known.withLock { $0 = history }
    }

    private func write(pending: [UInt64]?) throws {
        let history = history
        var stored = Stored(log: id)
        stored.sets = history.sets.map(\.json)
        stored.places = history.places
        stored.pending = pending
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(stored).write(to: URL(filePath: path), options: .atomic)
    }

    private static func name(of log: LogIdentity) -> String {
        log.id.map { String($0, radix: 16) }.joined(separator: "-")
    }
}
