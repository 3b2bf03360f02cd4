import EventLog
import KeyValueStore
import Records

/// Finds out the ids of students of whom only pseudonyms are known, in a log that still has them: in an older copy of the
/// data folder that was restored. Every name of an actor, and every text and word of what was sent, is tried.
struct NameDiscovery {
    private let identity: LogIdentity
    private let prefixes: [String]

    init(_ identity: LogIdentity, prefixes: [String]) {
        self.identity = identity
        self.prefixes = prefixes
    }

    /// Completes the erasures whose ids are not known. What is found nowhere stays unknown: then there is nothing to erase.
    func find(_ erasures: inout [UnfinishedErasure], in log: any StoredLog) throws {
        var trial = Trial(erasures, identity, prefixes)
        var tried: Set<[UInt8]> = []
        try log.forEachRecord { record in
            let actor = Array(record.actor)
            if !actor.isEmpty, tried.insert(actor).inserted { trial.take(actor) }
            for part in [record.fields, record.payload] where record.kind == .event || record.kind == .session {
                Words.forEach(of: part) { trial.take($0) }
            }
        }
        trial.complete(&erasures)
    }

    /// The same of a store: its keys and values, besides states.
    func find(_ erasures: inout [UnfinishedErasure], in store: any KeyValueStore) async throws {
        var trial = Trial(erasures, identity, prefixes)
        var cursor: String?
        repeat {
            let page = try await store.scan(prefix: "", after: cursor, limit: 1000)
            for entry in page.entries where entry.isValue {
                for text in ["\"\(entry.key)\"", entry.value] {
                    Array(text.utf8).withUnsafeBytes { Words.forEach(of: $0) { trial.take($0) } }
                }
            }
            cursor = page.next
        } while cursor != nil
        trial.complete(&erasures)
    }
}

/// Tries texts.
private struct Trial {
    private let identity: LogIdentity
    private let prefixes: [String]
    private var students: [UInt64: Int] = [:]
    private var actors: [UInt64: Int] = [:]
    private var found: [Set<String>]

    init(_ erasures: [UnfinishedErasure], _ identity: LogIdentity, _ prefixes: [String]) {
        self.identity = identity
        self.prefixes = prefixes
        found = Array(repeating: [], count: erasures.count)
        for (index, erasure) in erasures.enumerated() where erasure.ids.isEmpty {
            if let pseudonym = PseudonymText.read(erasure.decision.student) { students[pseudonym] = index }
            for pseudonym in erasure.decision.pseudonyms { actors[pseudonym] = index }
        }
    }

    mutating func take(_ bytes: [UInt8]) {
        guard (1...1024).contains(bytes.count) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        // A student's own id is an actor's name, too.
        guard let student = actors[identity.pseudonym(of: text)] else { return }
        // It is the id, perhaps encoded, behind a prefix.
        for prefix in [""] + prefixes where text.hasPrefix(prefix) {
            let rest = String(text.dropFirst(prefix.count))
            for id in [rest, StudentNames.unquote(rest)] where students[identity.pseudonym(of: id)] == student {
                found[student].insert(id)
            }
        }
    }

    func complete(_ erasures: inout [UnfinishedErasure]) {
        for index in erasures.indices where erasures[index].ids.isEmpty { erasures[index].ids = found[index].sorted() }
    }
}

/// The texts of a piece of JSON, as they read, and their words.
enum Words {
    static func forEach(of json: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) {
        let text = EscapedText(json)
        var at = 0
        var whole: [UInt8] = []
        while at < text.count {
            guard text.bytes[at] == UInt8(ascii: "\"") else {
                at += 1
                continue
            }
            at += 1
            let start = at
            var isEscaped = false
            while at < text.count, text.bytes[at] != UInt8(ascii: "\"") {
                if text.bytes[at] == UInt8(ascii: "\\") {
                    isEscaped = true
                    at += 1
                } else if text.bytes[at] == UInt8(ascii: "%") {
                    isEscaped = true
                }
                at += 1
            }
            let end = min(at, text.count)
            at += 1
            whole.removeAll(keepingCapacity: true)
            if isEscaped {
                var place = start
                while place < end, let (character, next) = text.character(at: place) {
                    whole += Array(String(Character(character)).utf8)
                    place = max(next, place + 1)
                }
                body(Array(text.bytes[start..<end]))
            } else if start < end {
                whole += text.bytes[start..<end]
            }
            body(whole)
            words(of: whole, body)
        }
    }

    private static func words(of text: [UInt8], _ body: ([UInt8]) -> Void) {
        var start: Int?
        for (index, byte) in text.enumerated() {
            let isSeparator: Bool
            switch byte {
            case 0...0x20, UInt8(ascii: "/"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"),
                UInt8(ascii: "="),
                UInt8(ascii: "?"), UInt8(ascii: "&"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "("),
                UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "!"), UInt8(ascii: "#"):
                isSeparator = true
            default: isSeparator = false
            }
            if isSeparator {
                if let start { word(text[start..<index], body) }
                start = nil
            } else if start == nil {
                start = index
            }
        }
        if let first = start, first > 0 { word(text[first...], body) }
    }

    /// A full stop may end a sentence, or be part of a name.
    private static func word(_ word: ArraySlice<UInt8>, _ body: ([UInt8]) -> Void) {
        body(Array(word))
        if word.last == UInt8(ascii: ".") { body(Array(word.dropLast())) }
    }
}
