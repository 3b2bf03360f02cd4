import Records

/// Seals the events of actors on their way into a log's topic. Used by the log's thread alone.
final class MessageSealer {
    private let keys: StudentKeys
    private let identity: LogIdentity
    private let cipher = SealCipher(sealing: true)
    private var actors: Set<UInt64> = []
    private var found: [UInt64: StoredKey] = [:]
    /// No two are alike: 8 random bytes, and how many there were before.
    private var nonce: (random: UInt64, count: UInt32) = (0, .max)
    private var random = SystemRandomNumberGenerator()

    init(_ keys: StudentKeys, _ identity: LogIdentity) {
        self.keys = keys
        self.identity = identity
    }

    /// Finds the keys of all actors of a group, and makes those that are not there.
    ///
    /// - Returns: why that can't be done now; nil: it is done.
    func findKeys(of records: UnsafeRawBufferPointer) throws -> String? {
        found.removeAll(keepingCapacity: true)
        actors.removeAll(keepingCapacity: true)
        for record in RecordSequence(records) where Self.seals(record) {
            let actor = identity.pseudonym(ofRecorded: record.actor)
            if !keys.erased.contains(pseudonym: actor) { actors.insert(actor) }
        }
        return try keys.find(actors, creating: true, &found)
    }

    /// Whether a record is sealed: an event of an actor's.
    static func seals(_ record: RecordView) -> Bool { record.kind == .event && !record.actor.isEmpty }

    /// What seals a record of the group.
    struct Seal {
        let actor: UInt64
        fileprivate let key: StudentKey
    }

    /// Nil: the student was erased, and nothing of the student's is kept any more.
    func seal(of record: RecordView) -> Seal? {
        let actor = identity.pseudonym(ofRecorded: record.actor)
        if keys.erased.contains(pseudonym: actor) { return nil }
        guard let stored = found[actor] else { preconditionFailure("its key was not asked for") }
        guard case .key(let key) = stored else {
            keys.erased.insert([actor])
            return nil
        }
        return Seal(actor: actor, key: key)
    }

    /// Appends a sealed message.
    ///
    /// - Parameter session: the session's record; empty: there is none.
    func append(
        _ record: RecordView, _ seal: Seal, session: [UInt8], ordinal: UInt16, acknowledged: UInt64,
        to values: inout Bytes
    ) {
        let start = values.count
        TopicMessage.appendHead(
            .sealed, ordinal: ordinal, acknowledged: acknowledged, session: session.count, to: &values)
        let client = record.client.isEmpty ? 0 : identity.mark(ofClient: record.client)
        for number in [seal.actor, client, record.sequence] {
            withUnsafeBytes(of: number.littleEndian) { values.append($0) }
        }
        appendNonce(to: &values)
        values.append(Self.noTag)
        let sealed = values.count
        session.withUnsafeBytes { values.append($0) }
        values.append(record.bytes)
        let bytes = UnsafeMutableRawBufferPointer(mutating: values.contents)
        let tag = sealed - SealCipher.tagLength
        let nonce = tag - SealCipher.nonceLength
        cipher.begin(seal.key, nonce: UnsafeRawBufferPointer(rebasing: bytes[nonce..<tag]))
        SealPlace(identity, partition: record.partition).withUnsafeBytes { cipher.vouch(for: $0) }
        cipher.vouch(for: UnsafeRawBufferPointer(rebasing: bytes[start..<start + SealedMessage.clearLength]))
        cipher.seal(
            UnsafeMutableRawBufferPointer(rebasing: bytes[sealed...]), tag: bytes.baseAddress! + tag)
    }

    private static let noTag: StaticString = "0123456789abcdef"

    private func appendNonce(to values: inout Bytes) {
        if nonce.count == .max { nonce = (random.next(), 0) }
        withUnsafeBytes(of: nonce.random) { values.append($0) }
        values.append(littleEndian: nonce.count)
        nonce.count += 1
    }
}
