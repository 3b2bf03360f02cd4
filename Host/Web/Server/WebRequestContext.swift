import HTTPTypes
import Hummingbird
import NIOCore

/// What is known of a request besides its bytes.
struct WebRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection, without its port.
    let peer: String
    /// What the requester may do; set by AccessMiddleware.
    var roles: Set<Role> = []
    var hasToken = false

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// - Throws: `WebError` 401 or 403.
    func require(_ role: Role) throws {
        if roles.contains(role) || roles.contains(.operator) { return }
        let message = "This needs a token of the role \(role.rawValue)."
        if !hasToken { throw WebError(.unauthorized, "no-token", message) }
        throw WebError(.forbidden, "wrong-role", message)
    }
}

extension Request {
    /// A browser shows the answer.
    var wantsPage: Bool { headers[.accept]?.contains("text/html") ?? false }

    /// This host's address, as the requester knows it.
    var ownAddress: String { "http://\(head.authority ?? "")" }

    /// A parameter of the query, decoded; nil if it is not there or empty.
    func query(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].flatMap { $0.isEmpty ? nil : String($0.replacing("+", with: " ")) }
    }
}
