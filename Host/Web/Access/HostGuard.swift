import Glibc
import HTTPTypes

/// Keeps web pages of others away from this host.
///
/// A page that a user visits can make his browser send requests to a daemon on his machine. Two things give it away:
/// the `Host` header names what the page believes to talk to (a name of its own that was made to point here), and
/// `Origin` names the page's site. A request without `Origin` is no script's of another site.
package struct HostGuard: Sendable {
    private let names: Set<String>
    private let origins: Set<String>

    /// - Parameters:
    ///   - hosts: names under which this host is reached, besides `localhost` and plain addresses.
    ///   - origins: sites and extensions that may publish.
    package init(hosts: [String] = [], origins: [String] = []) {
        names = Set(hosts.map { $0.lowercased() }).union(["localhost"])
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// What a request says of where it comes from.
    package struct Claims {
        var host: String?
        var origin: String?
        /// `Sec-Fetch-Site` and `Sec-Fetch-Mode`.
        var fetchSite: String?
        var fetchMode: String?

        package init(host: String?, origin: String? = nil, fetchSite: String? = nil, fetchMode: String? = nil) {
            self.host = host?.lowercased()
            self.origin = origin?.lowercased()
            self.fetchSite = fetchSite
            self.fetchMode = fetchMode
        }
    }

    /// Why a request is not answered; nil if it is.
    ///
    /// - Parameter isPublishing: the request brings events, which allowed origins may.
    package func refusal(of claims: Claims, isPublishing: Bool) -> WebError? {
        guard let host = claims.host, let name = Self.name(of: host) else {
            return WebError(.badRequest, "no-host", "The request names no host.")
        }
        guard names.contains(name) || Self.isAddress(name) else {
            return WebError(
                .misdirectedRequest, "wrong-host",
                "This host is not known as \"\(name)\"; add the name to web.hosts if it should be.")
        }
        if let origin = claims.origin {
            if origin == "http://\(host)" || origin == "https://\(host)" { return nil }
            if isPublishing, origins.contains(origin) { return nil }
            let remedy = isPublishing ? "; add it to ingest.origins if it may publish" : ""
            return WebError(.forbidden, "wrong-origin", "Requests from \(origin) are not answered\(remedy).")
        }
        // Links from elsewhere may lead here; scripts, images and frames of elsewhere may not.
        if claims.fetchSite == "cross-site", claims.fetchMode != "navigate" {
            return WebError(.forbidden, "cross-site", "Requests by other sites are not answered.")
        }
        return nil
    }

    /// The host without its port.
    private static func name(of host: String) -> String? {
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            return String(host[host.index(after: host.startIndex)..<end])
        }
        let name = host.prefix { $0 != ":" }
        return name.isEmpty ? nil : String(name)
    }

    /// A plain IPv4 or IPv6 address: no one else's name can be made to look like one.
    static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }
}
