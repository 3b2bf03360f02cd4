import HTTPTypes
import Ingest

/// Who may bring events, and what he shows of himself: for WebSockets and requests alike.
struct PublisherAccess: Sendable {
    let policy: AccessPolicy
    let proxies: ProxyList
    /// A client may prove in other ways who he is than by a token of this host.
    let takesProofs: Bool
    /// JSON Web Tokens are taken.
    let takesTokens: Bool

    /// What a request shows.
    struct Shown {
        var peer: IngestPeer
        var credentials: Credentials
    }

    /// - Parameters:
    ///   - remote: the address at the other end of the connection.
    ///   - token: the parameter `token` of the request's target.
    ///   - values: of the headers of a name, in order.
    /// - Throws: `WebError` 401 or 403 if he may not.
    func check(remote: String, token: String?, _ values: (String) -> [String]) throws(WebError) -> Shown {
        let authorization = values("authorization").first
        let sender = proxies.sender(remote: remote, values)
        let peer = IngestPeer(
            ip: sender.ip, origin: values("origin").first ?? "", agent: values("user-agent").first ?? "",
            isForwarded: sender.isForwarded)
        var credentials = Credentials()
        let shown = AccessPolicy.token(
            authorization: authorization, cookie: values("cookie").first, query: token)
        let ownRoles = shown.map { policy.tokens.roles(of: $0.utf8) } ?? []
        credentials.isPublisher = Self.mayPublish(ownRoles)
        credentials.mayAssert = Self.mayPublish(policy.roles(token: shown))
        if sender.isByProxy { credentials.proxyUser = Credentials.basicUser(authorization: authorization) }
        // What is no token of this host's may be the issuer's.
        if takesTokens, ownRoles.isEmpty {
            credentials.token = AccessPolicy.token(authorization: authorization, cookie: nil, query: token)
        }
        guard credentials.mayAssert || takesProofs else {
            let message = "This needs a token of the role publisher."
            if shown == nil { throw WebError(.unauthorized, "no-token", message) }
            throw WebError(ownRoles.isEmpty ? .unauthorized : .forbidden, "wrong-role", message)
        }
        return Shown(peer: peer, credentials: credentials)
    }

    private static func mayPublish(_ roles: Set<Role>) -> Bool {
        roles.contains(.publisher) || roles.contains(.operator)
    }
}
