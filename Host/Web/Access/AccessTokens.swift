import Glibc

/// What the holder of a token may do.
package enum Role: String, Sendable, CaseIterable {
    /// Look at dashboards and tables.
    case viewer
    /// Send events.
    case publisher
    /// Read the metrics.
    case metrics
    /// Everything.
    case `operator`
}

/// The tokens that this host accepts: a file with a role and a token a line.
package struct AccessTokens: Sendable {
    private let tokens: [(role: Role, token: [UInt8])]

    /// Reads the file; writes one with a new token for each role if there is none.
    ///
    /// - Throws: `AccessTokensError`, which names the file and the line.
    package static func open(_ path: String) throws(AccessTokensError) -> AccessTokens {
        if access(path, F_OK) != 0 { try create(path) }
        return try AccessTokens(read(path), path: path)
    }

    /// Parses a file's text.
    package init(_ text: String, path: String) throws(AccessTokensError) {
        var tokens: [(Role, [UInt8])] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let parts = line.split { $0 == " " || $0 == "\t" }
            if parts.isEmpty || parts[0].hasPrefix("#") { continue }
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            guard parts.count == 2, let role = Role(rawValue: String(parts[0])), parts[1].utf8.count >= 16 else {
                throw AccessTokensError(
                    "\(path):\(index + 1): expected a role (\(roles)) and a token of 16 bytes or more")
            }
            tokens.append((role, Array(parts[1].utf8)))
        }
        self.tokens = tokens.map { (role: $0.0, token: $0.1) }
    }

    /// The roles of whoever holds the token.
    package func roles(of token: some Sequence<UInt8>) -> Set<Role> {
        let token = Array(token)
        return Set(tokens.filter { Self.isEqual($0.token, token) }.map(\.role))
    }

    /// Takes as long whatever the difference is, so that time tells nothing of a token.
    private static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func create(_ path: String) throws(AccessTokensError) {
        var text = "# Who may do what on this host: a role and a token a line.\n"
        for role in Role.allCases { text += "\(role.rawValue) \(randomToken())\n" }
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw AccessTokensError("\(path): can't be written: \(reason())") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw AccessTokensError("\(path): can't be written: \(reason())")
        }
    }

    private static func read(_ path: String) throws(AccessTokensError) -> String {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw AccessTokensError("\(path): can't be read: \(reason())") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw AccessTokensError("\(path): can't be read: \(reason())") }
        guard status.st_mode & 0o077 == 0 else {
            throw AccessTokensError("\(path): other users can read it; run: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0, count < bytes.count else {
            throw AccessTokensError("\(path): can't be read, or is too large")
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// 256 random bits as letters, digits, `-` and `_`.
    private static func randomToken() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var random = SystemRandomNumberGenerator()
        return String(decoding: (0..<43).map { _ in alphabet[Int(random.next() & 63)] }, as: UTF8.self)
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

package struct AccessTokensError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
