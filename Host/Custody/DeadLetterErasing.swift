import EventLog

/// Decides what becomes of each dead letter when students are erased. Not thread-safe.
final class DeadLetterErasing {
    private let students: ErasedStudents
    private let clients: [String: Int]
    private let isErased: (_ partition: Int, _ position: UInt64) -> Bool
    private let pseudonyms: [UInt64]
    private let actorFields: [String]
    private(set) var letters: [Int]

    /// - Parameters:
    ///   - actorFields: the fields in which events may name their actor.
    ///   - isErased: whether a record of the log is a tombstone.
    init(
        _ students: ErasedStudents, clients: [String: Int], pseudonyms: [UInt64], actorFields: [String],
        isErased: @escaping (_ partition: Int, _ position: UInt64) -> Bool
    ) {
        self.students = students
        self.clients = clients
        self.pseudonyms = pseudonyms
        self.actorFields = actorFields
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
        let isJSON = NamedActor.isJSON(letter.original)
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
        guard letter.partition == nil, let name = NamedActor.name(in: letter.original, fields: actorFields) else {
            return nil
        }
        return students.index(ofNamed: name)
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
