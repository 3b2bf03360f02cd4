import Crypto
import FoundationEssentials
import Glibc

/// What signs the statements about a log: an Ed25519 key, in a file for the host's user alone.
struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// What precedes the 32 bytes of a private key in PKCS #8 (RFC 8410).
    private static let head: [UInt8] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]

    /// A new one.
    init() { key = Curve25519.Signing.PrivateKey() }

    /// - Throws: `LogError` if the file can't be read or holds no such key.
    init(path: String) throws {
        let bytes = PEM.decode(try File(path, O_RDONLY).contents(), "PRIVATE KEY")
        guard let bytes, bytes.starts(with: Self.head),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.dropFirst(Self.head.count))
        else { throw LogError(.corrupt, "\(path): this is no private Ed25519 key in PEM; restore it from a copy") }
        self.key = key
    }

    var publicKey: PublicKey { PublicKey(key.publicKey) }

    var pem: String { PEM.encode(Self.head + key.rawRepresentation, "PRIVATE KEY") }

    func signature(of message: Data) throws -> Data { try key.signature(for: message) }
}

/// What signatures of a log are checked with.
package struct PublicKey: Sendable, Equatable {
    private let key: Curve25519.Signing.PublicKey

    /// What precedes the 32 bytes of a public key in its SubjectPublicKeyInfo (RFC 8410).
    private static let head: [UInt8] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]

    fileprivate init(_ key: Curve25519.Signing.PublicKey) { self.key = key }

    /// Reads a file as `openssl pkey -pubout` writes it.
    /// - Throws: `LogError` if the file can't be read or holds no such key.
    package init(path: String) throws {
        let bytes = PEM.decode(try File(path, O_RDONLY).contents(), "PUBLIC KEY")
        guard let bytes, bytes.starts(with: Self.head),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes.dropFirst(Self.head.count))
        else { throw LogError(.corrupt, "\(path): this is no public Ed25519 key in PEM; restore it from a copy") }
        self.key = key
    }

    var pem: String { PEM.encode(Self.head + key.rawRepresentation, "PUBLIC KEY") }

    func isValid(_ signature: Data, of message: Data) -> Bool { key.isValidSignature(signature, for: message) }

    package static func == (a: PublicKey, b: PublicKey) -> Bool { a.key.rawRepresentation == b.key.rawRepresentation }
}

/// The frame of text that keys are stored in.
private enum PEM {
    static func encode(_ bytes: [UInt8], _ label: String) -> String {
        "-----BEGIN \(label)-----\n\(Data(bytes).base64EncodedString())\n-----END \(label)-----\n"
    }

    /// Nil if that is not exactly what `encode` writes.
    static func decode(_ file: [UInt8], _ label: String) -> [UInt8]? {
        let text = String(decoding: file, as: UTF8.self)
        let lines = text.split(separator: "\n")
        guard lines.count == 3, let bytes = Data(base64Encoded: String(lines[1])) else { return nil }
        return encode(Array(bytes), label) == text ? Array(bytes) : nil
    }
}
