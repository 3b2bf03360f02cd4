import Settings

/// Which JSON Web Tokens are taken, section `ingest.jwt`.
package struct TokenConfiguration: Sendable {
    /// The algorithms that can be allowed: signatures by a private key alone. So a public key never passes for a secret that
    /// is shared, nor `none` for a signature.
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"
    }

    /// The key set (RFC 7517): a file, or an address of HTTPS, or of HTTP on this machine.
    package var keys = ""
    /// What a token's `iss` has to be.
    package var issuer = ""
    /// What has to be among a token's `aud`.
    package var audience = ""
    package var algorithms: [Algorithm] = [.rs256, .es256, .edDSA]
    /// The claim that holds the user's id.
    package var actor = "sub"
    /// The field that a client may lock to show its token where it can send no header. It is not stored.
    package var field = "token"
    /// By how much clocks may differ.
    package var leeway: Duration = .seconds(30)
    /// After this long the keys are read again.
    package var refresh: Duration = .seconds(300)
    /// How long nothing is fetched after a fetch, however many unknown keys tokens name.
    package var pause: Duration = .seconds(10)
    /// How long a fetch may take.
    package var timeout: Duration = .seconds(5)
    /// The longest token.
    package var tokenBytes = 16 << 10
    /// The largest key set.
    package var keysBytes = 1 << 20

    package init() {}

    /// Reads the section. Mistakes are noted in the reader.
    ///
    /// - Parameter isUsed: tokens are among the ways to authenticate: then keys, issuer and audience have to be said.
    init(_ reader: SettingsReader, isUsed: Bool) {
        keys = reader.string("keys", default: keys)
        issuer = reader.string("issuer", default: issuer)
        audience = reader.string("audience", default: audience)
        let names = reader.strings("algorithms", default: algorithms.map(\.rawValue))
        algorithms = names.compactMap { name in
            if let algorithm = Algorithm(rawValue: name) { return algorithm }
            let known = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            reader.problem("algorithms", found: "\"\(name)\"", expected: "a list of \(known)")
            return nil
        }
        actor = reader.string("actor", default: actor)
        field = reader.string("field", default: field)
        leeway = reader.duration("leeway", default: leeway, in: .zero ... .seconds(300))
        refresh = reader.duration("refresh", default: refresh, in: .seconds(1) ... .seconds(86_400))
        pause = reader.duration("pause", default: pause, in: .milliseconds(100) ... .seconds(3_600))
        timeout = reader.duration("timeout", default: timeout, in: .milliseconds(100) ... .seconds(60))
        tokenBytes = reader.size("token", default: tokenBytes, in: 256...(1 << 20))
        keysBytes = reader.size("size", default: keysBytes, in: 1_024...(16 << 20))
        guard isUsed else { return }
        if algorithms.isEmpty {
            reader.problem("algorithms", found: "none", expected: "at least one")
        }
        for (key, value, example) in [
            ("keys", keys, "a file or an address, such as https://school.example/.well-known/jwks.json"),
            ("issuer", issuer, "the \"iss\" of the tokens, such as https://school.example"),
            ("audience", audience, "what the tokens' \"aud\" calls this host, such as lectern"),
            ("actor", actor, "the claim with the user's id, such as sub"),
            ("field", field, "the field that a client locks its token in, such as token"),
        ] where value.isEmpty {
            reader.problem(key, found: "nothing", expected: example)
        }
        if keys.contains("://"), !Self.isSafe(keys) {
            reader.problem(
                "keys", found: "\"\(keys)\"", expected: "an address that begins with https://, or a file",
                remedy: "Whoever can change the keys on their way can be any user; http:// is for this machine alone")
        }
    }

    private static func isSafe(_ address: String) -> Bool {
        let address = address.lowercased()
        if address.hasPrefix("https://") { return true }
        guard address.hasPrefix("http://") else { return false }
        let host = address.dropFirst("http://".count).prefix { $0 != "/" }
        guard !host.contains("@") else { return false }
        let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
        return name == "localhost" || name == "[::1]" || name == "127.0.0.1"
    }
}
