import Records

/// Who is at the other end, as the server sees it.
package struct IngestPeer: Sendable, Equatable {
    /// The address, without a port.
    package var ip: String
    /// The `Origin` and `User-Agent` headers; empty if there is none.
    package var origin: String
    package var agent: String
    /// A proxy stands between (the request has a `Forwarded`, `X-Forwarded-For` or `X-Real-IP` header). The address is what
    /// it says of who is behind it, if it is a proxy of the settings, and its own otherwise.
    package var isForwarded: Bool

    package init(ip: String, origin: String = "", agent: String = "", isForwarded: Bool = false) {
        self.ip = ip
        self.origin = origin
        self.agent = agent
        self.isForwarded = isForwarded
    }

    /// The peer runs on this machine.
    var isLoopback: Bool {
        let address = ip.hasPrefix("::ffff:") ? ip.dropFirst("::ffff:".count) : ip[...]
        return !isForwarded && (address == "::1" || address.hasPrefix("127."))
    }
}

/// What a client asks for when it connects, checked: made by `IngestService.connection`.
package struct IngestConnection: Sendable {
    /// Where the numbers of frames come from.
    enum Numbering: Sendable, Equatable {
        /// Frames have no numbers.
        case none
        /// The member `seq` of a frame, or one more than the frame before.
        case member
        /// One more than the frame before.
        case order
        /// Whoever brings them says it of each.
        case given
    }

    var peer: IngestPeer
    /// The peer's word counts for who the actor of each event is.
    var isTrusted: Bool
    var credentials: Credentials
    /// Who numbers its frames; the records hold it.
    var client: String?
    var numbering = Numbering.none
    /// The number of the first frame; nil: the one after the highest that was taken, and a frame may name its own.
    var firstNumber: UInt64?
    /// How often what it brings has been sent, this time included.
    var attempt = 1
    /// The client is told what is durable.
    var acknowledges = false
    /// Decodes frames as lines of a foreign format.
    var source: (any EventSource)?
    /// The address that a request came to says what its events are, where they don't.
    var published: PublishedEvent?
    /// What its events are that name no type; nil: `published` says it, or they are refused.
    var type: EventType?
    /// The words of the protocol have their meaning: `lock_fields`, `terminate` and those of blobs. Otherwise they are events like
    /// others.
    var hasProtocol = true
    /// A request: its end is the answer's to tell, and no word of the protocol.
    var isRequest = false
}

extension IngestConnection {
    /// What its events are that name no type, and the same as a field that the server sets, so that the payload stays as it arrived.
    var givenType: (name: UnsafeRawBufferPointer, fields: UnsafeRawBufferPointer)? {
        if let published { return (published.type.bytes, published.fields.bytes) }
        return type.map { ($0.name.bytes, $0.fields.bytes) }
    }

    /// A type that whoever runs the host gives events.
    struct EventType: Sendable {
        let name: StableBytes
        let fields: StableBytes

        init(_ type: String) {
            var bytes = Bytes()
            bytes.append("{\"event_type\":")
            bytes.appendJSON(type)
            bytes.append("}")
            name = StableBytes(type)
            fields = StableBytes(bytes.string)
        }
    }
}

/// Why a request is not taken at all: an HTTP status and one sentence for the client.
package struct IngestRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package let status: Int
    package let reason: String
    /// After how many seconds it is worth trying again; nil: not before something changes.
    package var retryAfter: Int?

    package init(status: Int, reason: String, retryAfter: Int? = nil) {
        self.status = status
        self.reason = reason
        self.retryAfter = retryAfter
    }

    package var description: String { reason }
}
