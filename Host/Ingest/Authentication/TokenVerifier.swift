import FoundationEssentials
import JWTKit
import Records
import Settings

/// Finds out who the holder of a JSON Web Token is (RFC 7519, with what RFC 8725 asks for). All members: any thread.
///
/// A token counts if its algorithm is an allowed one and fits its key, the key of its name has signed it, it has not
/// expired and has begun, and issuer and audience are those of the settings.
package final class TokenVerifier: Sendable {
    private let configuration: TokenConfiguration
    private let keys: TokenKeys
    private let longestName: Int
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - longestName: the most bytes of a user's id.
    ///   - clock: microseconds since 1970 UTC.
    init(_ configuration: TokenConfiguration, longestName: Int, clock: @escaping @Sendable () -> Int64) {
        self.configuration = configuration
        self.longestName = longestName
        self.clock = clock
        keys = TokenKeys(configuration, clock: clock)
    }

    /// Reads the keys. Returns what keeps them from being read.
    package func prepare() async -> String? { await keys.read() }

    /// Who the holder is.
    package func verify(_ token: String) async -> Result<Identity, TokenRefusal> {
        do throws(TokenRefusal) {
            let claims = try await verified(token)
            try check(claims)
            return .success(try identity(claims))
        } catch {
            return .failure(error)
        }
    }

    private func verified(_ token: String) async throws(TokenRefusal) -> TokenClaims {
        guard token.utf8.count <= configuration.tokenBytes else {
            throw TokenRefusal("it has \(token.utf8.count) bytes, at most \(configuration.tokenBytes) are allowed")
        }
        let header: JWTHeader
        do {
            header = try DefaultJWTParser().parse(Array(token.utf8), as: TokenClaims.self).header
        } catch {
            throw TokenRefusal("it is no JSON Web Token: expected three parts, header.claims.signature")
        }
        guard let name = header.alg, let algorithm = TokenConfiguration.Algorithm(rawValue: name),
            configuration.algorithms.contains(algorithm)
        else {
            let allowed = configuration.algorithms.map(\.rawValue).joined(separator: ", ")
            throw TokenRefusal("its algorithm is \(header.alg ?? "missing"), allowed are \(allowed)")
        }
        guard header.crit == nil else {
            throw TokenRefusal("it asks for an extension (\"crit\") that nobody here knows")
        }
        guard var key = await keys.key(header.kid) else {
            throw TokenRefusal("the issuer has no key \"\(header.kid ?? "")\"")
        }
        guard algorithm.keyType == key.keyType, key.algorithm.map({ $0.rawValue == name }) ?? true else {
            throw TokenRefusal("its algorithm is \(name), which is not that of its key")
        }
        key.algorithm = JWK.Algorithm(rawValue: name)
        // The set of this one key; the name only has to be one.
        key.keyIdentifier = key.keyIdentifier ?? JWKIdentifier(string: "key")
        do {
            return try await JWTKeyCollection().add(jwk: key, isDefault: true).verify(token, as: TokenClaims.self)
        } catch {
            throw TokenRefusal("its signature is not that of its key")
        }
    }

    private func check(_ claims: TokenClaims) throws(TokenRefusal) {
        guard claims.text("iss") == configuration.issuer else {
            throw TokenRefusal("its issuer is \(claims.text("iss") ?? "missing"), expected \(configuration.issuer)")
        }
        guard claims.audiences.contains(configuration.audience) else {
            let found = claims.audiences.isEmpty ? "nobody" : claims.audiences.joined(separator: ", ")
            throw TokenRefusal("it is for \(found), expected \(configuration.audience)")
        }
        let now = Double(clock()) / 1_000_000
        let leeway = Double(configuration.leeway.microseconds) / 1_000_000
        guard let expiry = claims.number("exp") else { throw TokenRefusal("it never expires: \"exp\" is missing") }
        guard now < expiry + leeway else {
            throw TokenRefusal("it has expired, \(Int(min(now - expiry, 1e15))) s ago; ask for a new one")
        }
        for name in ["nbf", "iat"] {
            guard let begin = try claims.time(name) else { continue }
            guard now >= begin - leeway else {
                throw TokenRefusal("it begins in \(Int(min(begin - now, 1e15))) s (\"\(name)\"): is a clock wrong?")
            }
        }
    }

    private func identity(_ claims: TokenClaims) throws(TokenRefusal) -> Identity {
        guard let user = claims.text(configuration.actor), !user.isEmpty else {
            throw TokenRefusal("\"\(configuration.actor)\" names no user")
        }
        guard user.utf8.count <= longestName else {
            throw TokenRefusal(
                "\"\(configuration.actor)\" has \(user.utf8.count) bytes, at most \(longestName) are allowed")
        }
        return Identity(userID: user, security: .authenticated, provenance: "jwt")
    }
}

/// What a token says.
private struct TokenClaims: JWTPayload {
    private let members: [String: JWTHeaderField]

    init(from decoder: any Decoder) throws {
        members = try decoder.singleValueContainer().decode([String: JWTHeaderField].self)
    }

    func encode(to encoder: any Encoder) throws { try members.encode(to: encoder) }

    /// The claims are checked later, against the settings.
    func verify(using algorithm: some JWTAlgorithm) {}

    func text(_ name: String) -> String? { members[name]?.asString }

    func number(_ name: String) -> Double? {
        let number = members[name]?.asInt.map(Double.init) ?? members[name]?.asDecimal
        return number.flatMap { $0.isFinite ? $0 : nil }
    }

    /// Nil if there is none.
    func time(_ name: String) throws(TokenRefusal) -> Double? {
        guard let member = members[name], !member.isNull else { return nil }
        guard let time = number(name) else { throw TokenRefusal("\"\(name)\" is no number of seconds") }
        return time
    }

    /// A text, or a list of texts.
    var audiences: [String] {
        members["aud"]?.asArray?.compactMap(\.asString) ?? text("aud").map { [$0] } ?? []
    }
}

extension TokenConfiguration.Algorithm {
    fileprivate var keyType: JWK.KeyType {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256, .es384, .es512: .ecdsa
        case .edDSA: .octetKeyPair
        }
    }
}
