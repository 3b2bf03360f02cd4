import CKafka
import Records

/// Opens the sealed messages of a log's topic. Not thread-safe.
final class MessageOpener {
    private let keys: StudentKeys
    private let identity: LogIdentity
    private let cipher = SealCipher(sealing: false)
    private var actors: Set<UInt64> = []
    private var found: [UInt64: StoredKey] = [:]
    private var bytes = Bytes()

    init(_ keys: StudentKeys, _ identity: LogIdentity) {
        self.keys = keys
        self.identity = identity
    }

    /// Finds the keys of messages that came together.
    ///
    /// - Returns: why that can't be done now; nil: it is done.
    func findKeys(of messages: some Sequence<lectern_kafka_message>) throws -> String? {
        actors.removeAll(keepingCapacity: true)
        found.removeAll(keepingCapacity: true)
        for message in messages where message.problem == nil {
            let value = UnsafeRawBufferPointer(start: message.value, count: message.length)
            guard let sealed = TopicMessage(value).flatMap(SealedMessage.init) else { continue }
            if !keys.erased.contains(pseudonym: sealed.actor) { actors.insert(sealed.actor) }
        }
        return try keys.find(actors, creating: false, &found)
    }

    /// What came of a message.
    enum Opened {
        /// Borrowed until the next call.
        case message(TopicMessage)
        /// The student was erased.
        case erased
        /// These are not the bytes that were sealed, or not with this key, or not for this place.
        case wrong
    }

    /// Opens one of the messages whose keys were found.
    func open(_ sealed: SealedMessage, partition: Int) -> Opened {
        if keys.erased.contains(pseudonym: sealed.actor) { return .erased }
        guard let stored = found[sealed.actor] else { preconditionFailure("its key was not asked for") }
        guard case .key(let key) = stored else { return .erased }
        bytes.truncate()
        bytes.append(sealed.sealed)
        cipher.begin(key, nonce: sealed.nonce)
        SealPlace(identity, partition: partition).withUnsafeBytes { cipher.vouch(for: $0) }
        cipher.vouch(for: sealed.clear)
        guard cipher.open(UnsafeMutableRawBufferPointer(mutating: bytes.contents), tag: sealed.tag),
            let message = TopicMessage(opened: bytes.contents, of: sealed.message)
        else { return .wrong }
        return .message(message)
    }

    /// Whether the student of a record that was not sealed was erased since.
    func isErased(_ record: RecordView) -> Bool {
        guard !keys.erased.isEmpty, MessageSealer.seals(record) else { return false }
        return keys.erased.contains(pseudonym: identity.pseudonym(ofRecorded: record.actor))
    }
}
