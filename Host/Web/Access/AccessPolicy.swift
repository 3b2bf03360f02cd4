/// Decides what a requester may do.
package struct AccessPolicy: Sendable {
    let authentication: WebConfiguration.Authentication
    let tokens: AccessTokens

    package init(_ authentication: WebConfiguration.Authentication, _ tokens: AccessTokens) {
        self.authentication = authentication
        self.tokens = tokens
    }

    /// What the holder of the token may do; nil: a requester without one.
    package func roles(token: String?) -> Set<Role> {
        let everyone: Set<Role> = authentication == .none ? [.viewer, .publisher, .metrics] : []
        return token.map { everyone.union(tokens.roles(of: $0.utf8)) } ?? everyone
    }

    /// The token that a request carries.
    ///
    /// - Parameters:
    ///   - authorization: the header of that name: `Bearer TOKEN`.
    ///   - cookie: the header of that name; the log-in page sets `lectern-token`.
    ///   - query: the parameter `token`, for WebSockets of browsers, which can't send headers.
    package static func token(authorization: String?, cookie: String?, query: String? = nil) -> String? {
        let bearer = authorization.flatMap { $0.lowercased().hasPrefix("bearer ") ? String($0.dropFirst(7)) : nil }
        return bearer ?? query ?? cookie.flatMap(token)
    }

    static let cookieName = "lectern-token"

    private static func token(inCookies header: String) -> String? {
        for pair in header.split(separator: ";") {
            let trimmed = pair.drop { $0 == " " }
            if trimmed.hasPrefix("\(cookieName)=") { return String(trimmed.dropFirst(cookieName.count + 1)) }
        }
        return nil
    }
}
