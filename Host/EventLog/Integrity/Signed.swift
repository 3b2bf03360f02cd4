import FoundationEssentials
import Records

/// A statement and its signature, as one line of JSON with sorted names and without spaces.
///
/// What is signed is the same line without its member `signature`; so anyone can check it:
///
///     jq -jcS 'del(.signature)' head.json >message
///     jq -r .signature head.json | base64 -d >signature
///     openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature
package struct Signed<Content: Statement>: Codable, Sendable {
    package let statement: Content
    /// Ed25519 (RFC 8032), in base64.
    package let signature: String

    private enum Member: CodingKey { case signature }

    init(_ statement: Content, by key: SigningKey) throws {
        self.statement = statement
        signature = try key.signature(of: Self.encoded(statement)).base64EncodedString()
    }

    package init(from decoder: any Decoder) throws {
        statement = try Content(from: decoder)
        signature = try decoder.container(keyedBy: Member.self).decode(String.self, forKey: .signature)
    }

    package func encode(to encoder: any Encoder) throws {
        try statement.encode(to: encoder)
        var container = encoder.container(keyedBy: Member.self)
        try container.encode(signature, forKey: .signature)
    }

    /// Whether the key has signed the statement.
    package func isSigned(by key: PublicKey) -> Bool {
        guard let bytes = Data(base64Encoded: signature), bytes.base64EncodedString() == signature,
            statement.kind == Content.kind, let message = try? Self.encoded(statement)
        else { return false }
        return key.isValid(bytes, of: message)
    }

    /// As it is stored, with its line break.
    var line: Data { get throws { try Self.encoded(self) + [10] } }

    /// - Throws: `Defect` if it is not a line as `line` gives, of this log, signed by this key.
    init(line: some Collection<UInt8>, log: String, key: PublicKey) throws {
        let data = Data(line)
        guard let signed = try? JSONDecoder().decode(Self.self, from: data), try signed.line.dropLast() == data else {
            throw Defect("this is no signed \(Content.kind)", isTorn: false)
        }
        guard signed.statement.log == log else { throw Defect("it is about another log", isTorn: false) }
        guard signed.isSigned(by: key) else {
            throw Defect("the signature is not that of the log's key", isTorn: false)
        }
        self = signed
    }

    private static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}

/// Now, as statements give it: RFC 3339 in UTC.
func timeOfStatement() -> String {
    var json = Bytes()
    json.appendJSON(microseconds: WallClock.microseconds)
    return String(json.string.dropFirst().dropLast())
}
