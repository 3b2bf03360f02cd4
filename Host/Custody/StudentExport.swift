package import EventLog
import FoundationEssentials
package import KeyValueStore
package import Records

/// Finds all that is held of a student, without changing anything: also while a host has the data folder open.
package struct StudentExport {
    private let match: StudentMatch
    private let log: LogDirectory
    private let holders: [any RecordHolder]

    /// A record of the log and why it is the student's.
    package enum Relation: String, Sendable {
        /// The student's own.
        case own
        /// Somebody else's that names the student.
        case mention
    }

    /// - Parameters:
    ///   - prefixes: what methods of authentication put before the ids that they find.
    ///   - holders: what else holds something of students.
    package init(_ student: String, log: LogDirectory, prefixes: [String], holders: [any RecordHolder] = []) throws {
        self.log = log
        self.holders = holders
        let names = StudentNames([student], prefixes: prefixes)
        var actors: [UInt64: Int] = [:]
        for actor in names.actors(log.identity) { actors[actor] = 0 }
        let findings = try LogFindings(log, actors: actors, count: 1)
        match = StudentMatch(
            names, prefixes: prefixes, sessions: findings.students[0].sessions, others: findings.others, log.identity)
    }

    /// Gives each record of the log that is the student's, or names the student; copies that segments repeat are left out.
    package func records(_ body: (RecordView, Relation) throws -> Void) throws {
        try log.read { record, _ in
            guard !record.isRepeated, let relation = relation(of: record) else { return true }
            try body(record, relation)
            return true
        }
    }

    private func relation(of record: RecordView) -> Relation? {
        switch record.kind {
        case .event, .session:
            if match.isActor(record.actor) { return .own }
            if record.kind == .session, match.sessions.contains(record.session) { return .own }
            let isNamed =
                match.isNamed(in: record.payload, isJSON: true) || match.isNamed(in: record.fields, isJSON: true)
            return isNamed ? .mention : nil
        default: return nil
        }
    }

    /// Gives each dead letter that is the student's, or names the student.
    package func letters(_ body: (DeadLetters.Numbered) throws -> Void) throws {
        let letters = try log.deadLetters()
        var last: UInt64 = 0
        while case let page = try letters.page(after: last, limit: 1000), let end = page.last {
            for letter in page where isStudents(letter.letter) { try body(letter) }
            last = end.id
        }
    }

    private func isStudents(_ letter: DeadLetter) -> Bool {
        if let session = letter.session, match.sessions.contains(session) { return true }
        return letter.original.withUnsafeBytes { match.isNamed(in: $0, isJSON: false) }
    }

    /// Gives each line of the early frames that names the student.
    package func earlyFrames(_ body: (String) throws -> Void) throws {
        try EarlyFrames.forEachLine(log: log.path) { line in
            if match.isNamed(in: line, isJSON: true) { try body(String(decoding: line, as: UTF8.self)) }
            return true
        }
    }

    /// Gives each entry of a store, states included, whose key or value names the student.
    package func entries(of store: any KeyValueStore, _ body: (StoreEntry) throws -> Void) async throws {
        var cursor: String?
        repeat {
            let page = try await store.scan(prefix: "", after: cursor, limit: 1000)
            for entry in page.entries where !entry.isHosts && isNamed(entry) { try body(entry) }
            cursor = page.next
        } while cursor != nil
    }

    private func isNamed(_ entry: StoreEntry) -> Bool {
        if let key = StateKey(entry.key) {
            for part in key.parts { if case .text(let text) = part.value, match.isActor(text) { return true } }
        }
        return isNamed(in: entry.key, isJSON: false) || isNamed(in: entry.value, isJSON: true)
    }

    /// Whether a text names the student, by an id or by a pseudonym.
    package func isNamed(in text: String, isJSON: Bool) -> Bool {
        var text = text
        return text.withUTF8 { match.isNamed(in: UnsafeRawBufferPointer($0), isJSON: isJSON) }
    }

    /// Gives what else is held, as the holders give it: its name and a JSON value on one line.
    package func others(_ body: (_ name: String, _ json: String) throws -> Void) throws {
        for holder in holders { try holder.export(match) { try body(holder.name, $0) } }
    }
}
