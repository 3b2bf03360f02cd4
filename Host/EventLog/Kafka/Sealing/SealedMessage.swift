import Records

/// A sealed message: a `TopicMessage` of the kind `sealed`, as everybody can read it. Behind its head of 16 bytes,
/// little-endian:
///
///     actor    8 bytes: the pseudonym, which names the key
///     client   8 bytes: the mark of the client that numbers its records; 0: none
///     sequence 8 bytes: the client's number
///     nonce    12 bytes
///     tag      16 bytes
///     sealed, by AES-256-GCM: the session record, and then the record
///
/// The tag vouches for all of it, for the log and for the partition.
struct SealedMessage {
    static let headLength = 24 + SealCipher.nonceLength + SealCipher.tagLength

    let message: TopicMessage
    let actor: UInt64
    let client: UInt64
    let sequence: UInt64

    /// Nil if this is no sealed message.
    init?(_ message: TopicMessage) {
        guard message.kind == .sealed, message.body.count >= Self.headLength + message.sessionLength else { return nil }
        self.message = message
        func number(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: message.body.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        actor = number(0)
        client = number(8)
        sequence = number(16)
    }

    /// What is not sealed, up to the nonce.
    var clear: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: message.body.baseAddress! - TopicMessage.headLength, count: Self.clearLength)
    }
    var nonce: UnsafeRawBufferPointer { part(24, SealCipher.nonceLength) }
    var tag: UnsafeRawPointer { message.body.baseAddress! + 24 + SealCipher.nonceLength }
    var sealed: UnsafeRawBufferPointer { part(Self.headLength, message.body.count - Self.headLength) }

    static let clearLength = TopicMessage.headLength + 24

    private func part(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: message.body[start..<start + count])
    }
}

/// Where a message is sealed for, so that it opens nowhere else.
struct SealPlace {
    private var log: (UInt64, UInt64) = (0, 0)
    private var partition: UInt64 = 0

    init(_ identity: LogIdentity, partition: Int) {
        withUnsafeMutableBytes(of: &log) { $0.copyBytes(from: identity.id) }
        self.partition = UInt64(partition).littleEndian
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: self, body)
    }
}
