import EventLog
import FoundationEssentials
import Records

/// Decides what becomes of each dead letter when students are erased. Not thread-safe.
final class DeadLetterErasing {
    private let students: ErasedStudents
    private let clients: [String: Int]
    private let isErased: (_ partition: Int, _ position: UInt64) -> Bool
    private let pseudonyms: [UInt64]
    private let actorFields: [String]
    private let actors: [UInt64: Int]
    private let identity: LogIdentity
    private(set) var letters: [Int]

    /// - Parameters:
    ///   - actorFields: the fields in which events may name their actor.
    ///   - isErased: whether a record of the log is a tombstone.
    init(
        _ students: ErasedStudents, clients: [String: Int], actors: [UInt64: Int], pseudonyms: [UInt64],
        actorFields: [String], _ identity: LogIdentity,
        isErased: @escaping (_ partition: Int, _ position: UInt64) -> Bool
    ) {
        self.students = students
        self.clients = clients
        self.actors = actors
        self.pseudonyms = pseudonyms
        self.actorFields = actorFields
        self.identity = identity
        self.isErased = isErased
        letters = Array(repeating: 0, count: pseudonyms.count)
    }

    /// What is to stand in the letter's place; nil: it stays.
    func change(_ numbered: DeadLetters.Numbered) -> DeadLetter? {
        var letter = numbered.letter
        if let partition = letter.partition, let position = letter.position, isErased(partition, position) {
            return emptied(letter)
        }
        if let student = student(of: letter) {
            letters[student] += 1
            return emptied(letter)
        }
        var found: Set<Int> = []
        let isJSON = (try? JSONDecoder().decode(AnyJSON.self, from: Data(letter.original))) != nil
        found.formUnion(letter.original.withUnsafeMutableBytes { students.replaceNames($0, isJSON: isJSON) })
        replace(&letter.reason, &found)
        if var client = letter.client {
            if let student = clients[client] {
                client = PseudonymText.text(pseudonyms[student])
                found.insert(student)
            } else {
                replace(&client, &found)
            }
            letter.client = client
        }
        guard !found.isEmpty else { return nil }
        for student in found { letters[student] += 1 }
        return letter
    }

    private func replace(_ text: inout String, _ found: inout Set<Int>) {
        var bytes = Array(text.utf8)
        let named = bytes.withUnsafeMutableBytes { students.replaceNames($0, isJSON: false) }
        guard !named.isEmpty else { return }
        text = String(decoding: bytes, as: UTF8.self)
        found.formUnion(named)
    }

    /// Whose letter it is, if it is one of the students'.
    private func student(of letter: DeadLetter) -> Int? {
        if let session = letter.session, let student = students.sessions[session] { return student }
        if let client = letter.client, let student = clients[client] { return student }
        guard letter.partition == nil,
            let object = try? JSONDecoder().decode([String: AnyJSON].self, from: Data(letter.original))
        else { return nil }
        for field in actorFields {
            guard let name = AnyJSON.object(object).text(at: field), !name.isEmpty else { continue }
            return actors[identity.pseudonym(of: name)]
        }
        return nil
    }

    /// Its number and its place stay, so that it is not written again when the log is folded again.
    private func emptied(_ letter: DeadLetter) -> DeadLetter {
        var letter = letter
        letter.reason = "erased"
        letter.original = []
        letter.client = nil
        letter.sequence = nil
        letter.session = nil
        return letter
    }
}

/// A JSON value, as far as texts within objects go.
private enum AnyJSON: Decodable {
    case object([String: AnyJSON])
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let object = try? container.decode([String: AnyJSON].self) {
            self = .object(object)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .other
        }
    }

    /// The text of a field such as `user.id`.
    func text(at path: String) -> String? {
        var value = self
        for name in path.split(separator: ".") {
            guard case .object(let members) = value, let member = members[String(name)] else { return nil }
            value = member
        }
        if case .text(let text) = value { return text }
        return nil
    }
}
