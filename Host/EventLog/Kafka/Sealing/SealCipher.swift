import CCrypto

/// AES-256-GCM (NIST SP 800-38D), by OpenSSL, in one direction. Not thread-safe.
///
/// A context that is kept, and its key with it as long as that is the next one's, too: setting up costs more than the bytes
/// of an event.
final class SealCipher {
    static let nonceLength = 12
    static let tagLength = 16

    private let context: OpaquePointer
    private let isSealing: Int32
    private var key: StudentKey?

    init(sealing: Bool) {
        context = EVP_CIPHER_CTX_new()
        isSealing = sealing ? 1 : 0
        precondition(EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, nil, nil, isSealing) == 1)
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Begins a message.
    /// - Parameter nonce: 12 bytes, never the same twice with one key.
    func begin(_ key: StudentKey, nonce: UnsafeRawBufferPointer) {
        let nonce = nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
        if key == self.key {
            precondition(EVP_CipherInit_ex(context, nil, nil, nil, nonce, isSealing) == 1)
        } else {
            key.withUnsafeBytes { bytes in
                let bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                precondition(EVP_CipherInit_ex(context, nil, nil, bytes, nonce, isSealing) == 1)
            }
            self.key = key
        }
    }

    /// Vouches for bytes that are not sealed.
    func vouch(for bytes: UnsafeRawBufferPointer) {
        var length: Int32 = 0
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        precondition(EVP_CipherUpdate(context, nil, &length, start, Int32(bytes.count)) == 1)
    }

    /// Seals bytes in their place, and gives the tag of 16 bytes.
    func seal(_ bytes: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawPointer) {
        update(bytes)
        precondition(finish())
        precondition(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), tag) == 1)
    }

    /// Opens bytes in their place. False: they are not what was sealed, and nobody may use them.
    func open(_ bytes: UnsafeMutableRawBufferPointer, tag: UnsafeRawPointer) -> Bool {
        update(bytes)
        let tag = UnsafeMutableRawPointer(mutating: tag)  // It is only read.
        precondition(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), tag) == 1)
        return finish()
    }

    private func update(_ bytes: UnsafeMutableRawBufferPointer) {
        var length: Int32 = 0
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        precondition(EVP_CipherUpdate(context, start, &length, start, Int32(bytes.count)) == 1)
    }

    private func finish() -> Bool {
        var length: Int32 = 0
        // There is nothing left in this mode.
        var rest: UInt64 = 0
        return withUnsafeMutableBytes(of: &rest) { rest in
            EVP_CipherFinal_ex(context, rest.baseAddress?.assumingMemoryBound(to: UInt8.self), &length) == 1
        }
    }
}
