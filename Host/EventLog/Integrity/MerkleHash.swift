import CCrypto
import Records

/// A hash of a Merkle tree as RFC 6962 defines it: SHA-256, of leaves and of nodes behind different first bytes, so that
/// neither can pass for the other.
package struct MerkleHash: Hashable, Sendable, CustomStringConvertible {
    package static let length = 32
    /// The root of a tree without leaves: SHA-256 of nothing.
    package static let ofNothing = hash(nil, UnsafeRawBufferPointer(start: nil, count: 0))

    private var bytes = SIMD32<UInt8>()

    private init() {}

    /// Nil if there are not 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.length else { return nil }
        for (index, byte) in bytes.enumerated() { self.bytes[index] = byte }
    }

    /// Nil if the text is not 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 2 * Self.length, text.utf8.count == digits.count else { return nil }
        self.init(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    /// Of a leaf: all bytes of what the tree vouches for.
    package static func leaf(_ content: UnsafeRawBufferPointer) -> MerkleHash { hash(0, content) }

    /// Of two subtrees beside each other.
    package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        let pair = (left.bytes, right.bytes)
        return withUnsafeBytes(of: pair) { hash(1, $0) }
    }

    private static func hash(_ prefix: UInt8?, _ content: UnsafeRawBufferPointer) -> MerkleHash {
        var context = SHA256_CTX()
        SHA256_Init(&context)
        if var prefix { SHA256_Update(&context, &prefix, 1) }
        SHA256_Update(&context, content.baseAddress, content.count)
        var hash = MerkleHash()
        withUnsafeMutableBytes(of: &hash.bytes) { bytes in
            _ = SHA256_Final(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        return hash
    }

    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withUnsafeBytes(of: bytes, body)
    }

    /// In hexadecimal.
    package var description: String { withBytes { SHA256.hexadecimal($0) } }
}

extension MerkleHash: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let hash = MerkleHash(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "64 hexadecimal digits expected")
        }
        self = hash
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
