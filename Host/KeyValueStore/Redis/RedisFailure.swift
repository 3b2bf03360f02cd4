/// Why a request has no answer.
enum RedisFailure: Error, Sendable {
    /// The server can't be reached; it has not seen the request. `again` is when it may be tried next, from now.
    case unreachable(reason: String, again: Duration)
    /// The connection ended before the answer came: nobody knows whether the server has carried the request out.
    case lost(reason: String)
    /// The connection is another one than the request was meant for; the server has not seen the request.
    case otherConnection
    /// The server does not want this host: a wrong password, say.
    case refused(reason: String)
    /// As many requests wait as may.
    case full
    /// The store was closed.
    case closed

    var reason: String {
        switch self {
        case .unreachable(let reason, _), .lost(let reason), .refused(let reason): reason
        case .otherConnection: "the connection has changed"
        case .full: "too many requests wait for it; see the setting pipeline"
        case .closed: "the store was closed"
        }
    }
}
