/// A request that brings events, as it arrived.
package struct EventRequest: Sendable {
    package var peer: IngestPeer
    package var credentials = Credentials()
    /// The part of the target after `?`: `client=ID`, `seq=N`, `source=ID`.
    package var query = ""
    /// The headers of these names; empty or nil if there is none.
    package var idempotencyKey: String?
    package var contentType = ""
    package var contentEncoding = ""
    /// What the events are where they don't say it: the address `/api/events/…`.
    package var published: PublishedEvent?
    /// At most `bodyBytes` of the settings.
    package var body: [UInt8]

    package init(peer: IngestPeer, body: [UInt8]) {
        self.peer = peer
        self.body = body
    }
}

/// The answer to a request: a status and a JSON object.
package struct EventAnswer: Sendable, Equatable {
    package let status: Int
    package let body: String
    /// After how many seconds it is worth sending the request again; nil: not before something changes, or not at all.
    package var retryAfter: Int?
}
