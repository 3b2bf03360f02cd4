import Synchronization

/// What a log's topic has to say of itself, beside records: taken along by the next group.
final class TopicNotes: Sendable {
    struct Note: Sendable {
        let kind: TopicMessage.Kind
        let partition: Int
        let body: [UInt8]
    }

    private let notes = Mutex<[Note]>([])

    func add(_ note: Note) { notes.withLock { $0.append(note) } }

    func take() -> [Note] {
        notes.withLock { notes in
            defer { notes = [] }
            return notes
        }
    }
}
