import FoundationEssentials

/// What a client shows when it connects, before any event. Never logged and never stored.
package struct Credentials: Sendable {
    /// The holder of a token of this host that lets him publish: his word counts for who the actor of each event is.
    package var isPublisher = false
    /// Anybody may connect who says who he is in any way that the settings list. Where this is false, the ways that prove
    /// nothing are closed.
    package var mayAssert = true
    /// A bearer token that is none of this host's: a JWT.
    package var token: String?
    /// The user whose password a proxy of the settings has checked.
    package var proxyUser: String?

    package init() {}

    /// Whether it shows anything that could prove who it is.
    package var isAny: Bool { isPublisher || token != nil || proxyUser != nil }

    /// The user's name in an `Authorization: Basic` header; nil if it is none.
    package static func basicUser(authorization: String?) -> String? {
        guard let authorization, authorization.lowercased().hasPrefix("basic ") else { return nil }
        let encoded = authorization.dropFirst("basic ".count).drop { $0 == " " }
        guard let decoded = Data(base64Encoded: String(encoded)), let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else {
            return nil
        }
        return String(validating: decoded[..<colon], as: UTF8.self).flatMap { $0.isEmpty ? nil : $0 }
    }
}
